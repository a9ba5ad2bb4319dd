/** Roles of people who use Studio. All of them may look. */
export const STUDIO_ROLES = ['admin', 'operator', 'viewer'] as const;

/** Not V1's `access_token`: people are signed in to both, often on one host. */
export const STUDIO_SESSION_COOKIE = 'studio_access_token';

/** Who may change accounts and grant credits. */
export const OPERATOR_WRITERS = ['admin', 'operator'] as const;
