import { infiniteQueryOptions, keepPreviousData, queryOptions, type QueryClient } from '@tanstack/react-query';
import { bodyOf } from '../../shared/api/create-api.ts';
import type { AccountsSearch } from './accounts-search.ts';
import { studioApi } from './studio-api.ts';

const PAGE_SIZE = 50;
const FIRST_PAGE = undefined as string | undefined;

type AccountFilter = Pick<AccountsSearch, 'q' | 'mode' | 'status' | 'low' | 'sort'>;

/** One page of the list. */
export function fetchAccounts(
  filter: AccountFilter,
  page: { cursor?: string | undefined; limit: number },
  signal?: AbortSignal,
) {
  const query = {
    q: filter.q,
    mode: filter.mode,
    status: filter.status,
    low_balance_below: filter.low,
    sort: filter.sort,
    cursor: page.cursor,
    limit: page.limit,
  };
  return bodyOf(studioApi.GET('/v1/operator/accounts', { params: { query }, signal: signal ?? null }));
}

export function accountsQuery({ q, mode, status, low, sort }: AccountFilter) {
  const filter = { q, mode, status, low, sort };
  return infiniteQueryOptions({
    queryKey: ['accounts', 'list', filter],
    queryFn: ({ pageParam, signal }) => fetchAccounts(filter, { cursor: pageParam, limit: PAGE_SIZE }, signal),
    initialPageParam: FIRST_PAGE,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  });
}

export function accountQuery(externalKey: string) {
  return queryOptions({
    queryKey: ['accounts', 'one', externalKey],
    queryFn: ({ signal }) =>
      bodyOf(
        studioApi.GET('/v1/operator/accounts/{external_key}', {
          params: { path: { external_key: externalKey } },
          signal,
        }),
      ),
  });
}

/** What a switch of the mode would mean, as it is now: never from a cache. */
export function modeRehearsalQuery(externalKey: string, billingMode: 'POSTPAID' | 'CREDIT') {
  return queryOptions({
    queryKey: ['accounts', 'mode-rehearsal', externalKey, billingMode],
    queryFn: ({ signal }) =>
      bodyOf(
        studioApi.GET('/v1/operator/accounts/{external_key}/mode/rehearsal', {
          params: { path: { external_key: externalKey }, query: { billing_mode: billingMode } },
          signal,
        }),
      ),
    gcTime: 0,
  });
}

const PATHS = {
  reservations: '/v1/operator/accounts/{external_key}/reservations',
  ledger: '/v1/operator/accounts/{external_key}/ledger',
  timeline: '/v1/operator/accounts/{external_key}/timeline',
} as const;

/** Which account, and which page of a tab. */
function pageOf(externalKey: string, cursor: string | undefined, signal: AbortSignal) {
  return { params: { path: { external_key: externalKey }, query: { cursor, limit: PAGE_SIZE } }, signal };
}

export function reservationsQuery(externalKey: string) {
  return infiniteQueryOptions({
    queryKey: ['accounts', 'activity', externalKey, 'reservations'],
    queryFn: ({ pageParam, signal }) =>
      bodyOf(studioApi.GET(PATHS.reservations, pageOf(externalKey, pageParam, signal))),
    initialPageParam: FIRST_PAGE,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

export function ledgerQuery(externalKey: string) {
  return infiniteQueryOptions({
    queryKey: ['accounts', 'activity', externalKey, 'ledger'],
    queryFn: ({ pageParam, signal }) => bodyOf(studioApi.GET(PATHS.ledger, pageOf(externalKey, pageParam, signal))),
    initialPageParam: FIRST_PAGE,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

export function timelineQuery(externalKey: string) {
  return infiniteQueryOptions({
    queryKey: ['accounts', 'activity', externalKey, 'timeline'],
    queryFn: ({ pageParam, signal }) => bodyOf(studioApi.GET(PATHS.timeline, pageOf(externalKey, pageParam, signal))),
    initialPageParam: FIRST_PAGE,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

/** After a change: its account, what happened to it, and the list. */
export function refreshAccounts(queryClient: QueryClient): Promise<void> {
  return queryClient.invalidateQueries({ queryKey: ['accounts'] });
}
