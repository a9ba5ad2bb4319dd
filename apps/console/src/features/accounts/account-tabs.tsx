import { Skeleton, Tabs } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { LedgerList } from '../../shared/activity/ledger-list.tsx';
import { ReservationList } from '../../shared/activity/reservation-list.tsx';
import { TimelineList } from '../../shared/activity/timeline-list.tsx';
import { ErrorPanel } from '../../shared/ui/error-panel.tsx';
import { LoadMore } from '../../shared/ui/load-more.tsx';
import { ledgerQuery, reservationsQuery, timelineQuery } from './account-queries.ts';

const TABS = ['reservations', 'ledger', 'timeline'] as const;
type Tab = (typeof TABS)[number];
const LABELS: Record<Tab, string> = { reservations: 'Reservations', ledger: 'Ledger', timeline: 'Timeline' };

/** What happened to an account, one kind per tab; only the open tab is read. */
export function AccountTabs(props: { externalKey: string; tab: Tab; onTab(tab: Tab): void }) {
  return (
    <Tabs value={props.tab} onChange={(tab) => tab && props.onTab(tab as Tab)} keepMounted={false}>
      <Tabs.List>
        {TABS.map((tab) => (
          <Tabs.Tab key={tab} value={tab}>
            {LABELS[tab]}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      <Tabs.Panel value="reservations" pt="xs">
        <Reservations externalKey={props.externalKey} />
      </Tabs.Panel>
      <Tabs.Panel value="ledger" pt="xs">
        <Ledger externalKey={props.externalKey} />
      </Tabs.Panel>
      <Tabs.Panel value="timeline" pt="xs">
        <History externalKey={props.externalKey} />
      </Tabs.Panel>
    </Tabs>
  );
}

function Reservations({ externalKey }: { externalKey: string }) {
  const pages = useInfiniteQuery(reservationsQuery(externalKey));
  if (pages.error) return <ReadError error={pages.error} onRetry={() => void pages.refetch()} />;
  return (
    <>
      <ReservationList rows={pages.data?.pages.flatMap((page) => page.items)} />
      <LoadMore pages={pages} />
    </>
  );
}

function Ledger({ externalKey }: { externalKey: string }) {
  const pages = useInfiniteQuery(ledgerQuery(externalKey));
  if (pages.error) return <ReadError error={pages.error} onRetry={() => void pages.refetch()} />;
  return (
    <>
      <LedgerList rows={pages.data?.pages.flatMap((page) => page.items)} />
      <LoadMore pages={pages} />
    </>
  );
}

function History({ externalKey }: { externalKey: string }) {
  const pages = useInfiniteQuery(timelineQuery(externalKey));
  if (pages.error) return <ReadError error={pages.error} onRetry={() => void pages.refetch()} />;
  if (!pages.data) return <Skeleton h={160} />;
  return (
    <>
      <TimelineList rows={pages.data.pages.flatMap((page) => page.items)} />
      <LoadMore pages={pages} />
    </>
  );
}

function ReadError({ error, onRetry }: { error: Error; onRetry(): void }) {
  return <ErrorPanel title="This could not be read" error={error} onRetry={onRetry} />;
}
