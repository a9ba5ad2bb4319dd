import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { bodyOf } from '../../shared/api/create-api.ts';
import { v1Api } from './monitor-api.ts';
import type { MonitorSearch } from './monitor-search.ts';

const PAGE_SIZE = 100;
const READ_AGAIN_MS = 30_000;

export type MonitorFilter = Pick<MonitorSearch, 'q' | 'mode' | 'warning' | 'sort'>;

interface Page {
  readonly cursor?: string | undefined;
  readonly limit?: number;
  /** Past the cache of V1, straight to Studio. */
  readonly refresh?: boolean;
}

export function fetchSummary({ q, mode, warning, sort }: MonitorFilter, page: Page, signal?: AbortSignal) {
  const { cursor, limit = PAGE_SIZE, refresh } = page;
  const query = { q, mode, warning, sort, cursor, limit, refresh };
  return bodyOf(v1Api.GET('/v1/admin/billing-monitor/summary', { params: { query }, signal: signal ?? null }));
}

/** The page's one read; accounts beyond the first page are appended. */
export function summaryQuery({ q, mode, warning, sort }: MonitorFilter) {
  const filter = { q, mode, warning, sort };
  return infiniteQueryOptions({
    queryKey: ['monitor', 'summary', filter],
    queryFn: ({ pageParam, signal }) => fetchSummary(filter, { cursor: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    refetchInterval: READ_AGAIN_MS,
  });
}

export function fetchDetail(externalKey: string, refresh: boolean, signal?: AbortSignal) {
  return bodyOf(
    v1Api.GET('/v1/admin/billing-monitor/account/{external_key}', {
      params: { path: { external_key: externalKey }, query: { refresh } },
      signal: signal ?? null,
    }),
  );
}

export function detailQuery(externalKey: string) {
  return queryOptions({
    queryKey: ['monitor', 'detail', externalKey],
    queryFn: ({ signal }) => fetchDetail(externalKey, false, signal),
  });
}
