/**
 * Roles of V1's users (DESIGN 4): `admin` and `staff` work on everything, `readonly` sees everything, `publisher` sees the
 * rows of the one client it belongs to.
 */
export const V1_ROLES = ['admin', 'staff', 'publisher', 'readonly'] as const;
export type V1Role = (typeof V1_ROLES)[number];

/** Roles that may change billing data. */
export const WRITERS = ['admin', 'staff'] as const satisfies readonly V1Role[];
/** Roles that see the rows of every client. */
export const STAFF_READERS = ['admin', 'staff', 'readonly'] as const satisfies readonly V1Role[];
