/** Paths of Studio's service API, as V1's adapter calls them (CONTRACT 1.1). */
export const STUDIO_PATHS = {
  meta: '/v1/meta',
  accountStatus: '/v1/billing/accounts/status',
  accountStatuses: '/v1/billing/accounts/statuses',
  accountHeads: '/v1/billing/accounts/heads',
  reserve: '/v1/billing/credits/reserve',
  consume: '/v1/billing/credits/consume',
  release: '/v1/billing/credits/release',
  commands: '/v1/billing/credits/commands',
  reservations: '/v1/billing/credits/reservations',
  ledger: '/v1/billing/credits/ledger',
  shortfalls: '/v1/billing/shortfalls',
  timeline: '/v1/billing/timeline',
  events: '/v1/billing/events',
} as const;
