import { SimpleGrid, Skeleton, Stack } from '@mantine/core';
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { ChangeSearch } from '../../shared/search/change-search.ts';
import { ErrorPanel } from '../../shared/ui/error-panel.tsx';
import { PageHeader } from '../../shared/ui/page-header.tsx';
import { AccountDetailDrawer } from './account-detail-drawer.tsx';
import { ActivityStreams } from './activity-streams.tsx';
import { ConnectivityCard } from './connectivity-card.tsx';
import { ExposureCard } from './exposure-card.tsx';
import { fetchSummary, summaryQuery } from './monitor-queries.ts';
import type { MonitorSearch } from './monitor-search.ts';
import { MonitorTiles } from './monitor-tiles.tsx';
import { MonitoredAccounts } from './monitored-accounts.tsx';
import { RefreshButton } from './refresh-button.tsx';
import { StudioBanner } from './studio-banner.tsx';
import { useForcedRefresh } from './use-forced-refresh.ts';

interface MonitorPageProps {
  readonly search: MonitorSearch;
  readonly change: ChangeSearch<MonitorSearch>;
}

/** V1's activity beside Studio's credits. Nothing here changes anything. */
export function MonitorPage({ search, change }: MonitorPageProps) {
  const queryClient = useQueryClient();
  const pages = useInfiniteQuery(summaryQuery(search));
  const summary = pages.data?.pages[0];
  const rows = useMemo(() => pages.data?.pages.flatMap((page) => page.accounts), [pages.data]);
  const refresh = useForcedRefresh(
    () => fetchSummary(search, { refresh: true }),
    (answer) => queryClient.setQueryData(summaryQuery(search).queryKey, { pages: [answer], pageParams: [undefined] }),
  );
  return (
    <Stack gap="lg">
      <PageHeader
        title="Billing Monitor"
        subtitle="Read-only rollout monitor for V1 postpaid activity and V2 credit truth."
      >
        <RefreshButton label="Refresh now" refresh={refresh} />
      </PageHeader>
      {summary && <StudioBanner studio={summary.studio} />}
      {pages.error && (
        <ErrorPanel title="The monitor could not be read" error={pages.error} onRetry={() => void pages.refetch()} />
      )}
      {(summary ?? !pages.error) && (
        <>
          <MonitorTiles counts={summary?.counts} search={search} change={change} />
          <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
            {summary ? <ConnectivityCard summary={summary} /> : <Skeleton h={280} radius="lg" />}
            {summary ? <ExposureCard summary={summary} /> : <Skeleton h={280} radius="lg" />}
          </SimpleGrid>
          <MonitoredAccounts search={search} change={change} rows={rows} counts={summary?.counts} pages={pages} />
        </>
      )}
      {summary && <ActivityStreams summary={summary} search={search} change={change} />}
      <AccountDetailDrawer search={search} change={change} />
    </Stack>
  );
}
