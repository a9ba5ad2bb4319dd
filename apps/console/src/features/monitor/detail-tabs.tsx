import { Alert, Tabs, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { LedgerList } from '../../shared/activity/ledger-list.tsx';
import { ReservationList } from '../../shared/activity/reservation-list.tsx';
import { TimelineList } from '../../shared/activity/timeline-list.tsx';
import { FirstRows } from './first-rows.tsx';
import { InvoiceTable } from './invoice-table.tsx';
import type { MonitorDetail } from './monitor-api.ts';
import type { MonitorSearch } from './monitor-search.ts';
import { PaymentTable } from './payment-table.tsx';

type Tab = NonNullable<MonitorSearch['tab']>;
type Collection = keyof MonitorDetail['studio_collection_status'];

interface DetailTabsProps {
  readonly detail: MonitorDetail;
  readonly tab: Tab;
  onTab(tab: Tab): void;
}

/** V1's rows and Studio's rows of one account. */
export function DetailTabs({ detail, tab, onTab }: DetailTabsProps) {
  const labels: [Tab, string, number][] = [
    ['invoices', 'V1 Invoices', detail.v1_invoices.length],
    ['payments', 'V1 Payments', detail.v1_payments.length],
    ['reservations', 'Reservations', detail.reservations.length],
    ['ledger', 'Ledger', detail.ledger.length],
    ['timeline', 'Timeline', detail.timeline.length],
  ];
  return (
    <Tabs value={tab} onChange={(next) => next && onTab(next as Tab)} keepMounted={false}>
      <Tabs.List>
        {labels.map(([value, label, count]) => (
          <Tabs.Tab key={value} value={value} rightSection={<Text size="xs">{count}</Text>}>
            {label}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      <Tabs.Panel value="invoices">
        <InvoiceTable rows={detail.v1_invoices} />
      </Tabs.Panel>
      <Tabs.Panel value="payments">
        <PaymentTable rows={detail.v1_payments} />
      </Tabs.Panel>
      <StudioPanel collection="reservations" detail={detail}>
        <FirstRows rows={detail.reservations} show={(rows) => <ReservationList rows={rows} />} />
      </StudioPanel>
      <StudioPanel collection="ledger" detail={detail}>
        <FirstRows rows={detail.ledger} show={(rows) => <LedgerList rows={rows} />} />
      </StudioPanel>
      <StudioPanel collection="timeline" detail={detail}>
        <FirstRows rows={detail.timeline} show={(rows) => <TimelineList rows={rows} />} />
      </StudioPanel>
    </Tabs>
  );
}

/** Rows of Studio, with a word on whether they are new, old or missing. */
function StudioPanel(props: { collection: Collection; detail: MonitorDetail; children: ReactNode }) {
  const status = props.detail.studio_collection_status[props.collection];
  const isFine = status.error === null || status.reason === 'not_enrolled';
  return (
    <Tabs.Panel value={props.collection} pt="xs">
      {!isFine && (
        <Alert role="note" color={status.stale ? 'yellow' : 'red'} mb="xs">
          {status.stale ? 'These rows are cached: ' : 'These rows could not be read: '}
          {status.error}
        </Alert>
      )}
      {props.children}
    </Tabs.Panel>
  );
}
