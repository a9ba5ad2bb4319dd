import type { Principal } from '@tandem/platform/identity/principal';

/** What rows a caller may see. Passed into queries, so that foreign rows are missing rather than filtered out later. */
export interface Visibility {
  /** Null: rows of every client. */
  readonly clientId: number | null;
  /** True for people outside the house: they see issued documents only, and not who of the staff did what. */
  readonly isCustomer: boolean;
}

/** No client has id 0: a publisher without a client sees nothing. */
const NO_CLIENT = 0;

/** Rows a principal may see. The client comes from the session, never from the request. */
export function visibilityOf(principal: Principal): Visibility {
  if (principal.kind === 'user' && principal.role === 'publisher') {
    return { clientId: principal.clientId ?? NO_CLIENT, isCustomer: true };
  }
  return { clientId: null, isCustomer: false };
}

/** For jobs and reports that work on all rows. */
export const SEES_ALL: Visibility = { clientId: null, isCustomer: false };
