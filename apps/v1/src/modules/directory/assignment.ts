export const ASSIGNMENT_STATUSES = ['OPEN', 'COMPLETED', 'CANCELLED'] as const;
export type AssignmentStatus = (typeof ASSIGNMENT_STATUSES)[number];

/** A piece of work for a client, possibly brought by a partner. */
export interface Assignment {
  readonly id: number;
  /** Human code, unique. */
  readonly code: string;
  readonly title: string;
  readonly clientId: number | null;
  readonly partnerId: number | null;
  readonly status: AssignmentStatus;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}
