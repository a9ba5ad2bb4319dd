/** Roles of people who use Studio. All of them may look. */
export const STUDIO_ROLES = ['admin', 'operator', 'viewer'] as const;

/** Who may change accounts and grant credits. */
export const OPERATOR_WRITERS = ['admin', 'operator'] as const;
