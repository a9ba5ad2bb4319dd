/** Roles of people who use Studio. */
export const STUDIO_ROLES = ['admin', 'operator', 'viewer'] as const;

/** Who may look. */
export const OPERATOR_READERS = STUDIO_ROLES;

/** Who may change accounts and grant credits. */
export const OPERATOR_WRITERS = ['admin', 'operator'] as const;
