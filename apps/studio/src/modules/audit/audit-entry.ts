/** Where an act stands. INTENT is written before the ledger is asked; DONE, REFUSED or NOT_DONE closes it. */
export const AUDIT_PHASES = [
  'INTENT',
  'REQUESTED',
  'APPROVED',
  'REJECTED',
  'EXPIRED',
  'DONE',
  'REFUSED',
  'NOT_DONE',
] as const;
export type AuditPhase = (typeof AUDIT_PHASES)[number];

/** Who acts: a person by e-mail address, a service by its client name, or Studio itself. */
export interface Actor {
  readonly email: string;
  /** Role of a person, or what else it is; null where nobody said. */
  readonly role: string | null;
  /** Request they act by; absent in jobs. */
  readonly requestId?: string | null | undefined;
}

/** Studio itself, in its jobs. */
export const STUDIO_ACTOR: Actor = { email: 'studio', role: 'system' };

/** One line of the trail, as whoever acts writes it. */
export interface AuditEntry {
  /** What is done, for example `grant`. */
  readonly act: string;
  readonly phase: AuditPhase;
  readonly actor: Actor;
  /** What it is done to: an external key, or another thing with its kind in front (`service-token:...`). */
  readonly target: string;
  readonly reason?: string | null | undefined;
  /** Ties the lines of one act together. */
  readonly actId?: string | undefined;
  /** Error code of a refusal. */
  readonly code?: string | null | undefined;
  /** SHA-256 of the request, in hex; secrets and texts stay out of the trail. */
  readonly requestDigest?: string | undefined;
  readonly before?: Record<string, unknown> | null | undefined;
  readonly after?: Record<string, unknown> | null | undefined;
}

/** A stored line. */
export interface AuditSqlRow {
  readonly day: string;
  readonly position: string;
  readonly entry_id: string;
  readonly recorded_at: Date;
  readonly act: string;
  readonly phase: AuditPhase;
  readonly act_id: string | null;
  readonly actor: string;
  readonly actor_role: string | null;
  readonly target: string;
  readonly reason: string | null;
  readonly code: string | null;
  readonly request_id: string | null;
  readonly request_digest: string | null;
  readonly before: Record<string, unknown> | null;
  readonly after: Record<string, unknown> | null;
  readonly digest: Buffer;
}
