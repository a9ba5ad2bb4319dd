import { Paper, Tabs, Text, Title } from '@mantine/core';
import { useMemo } from 'react';
import type { ChangeSearch } from '../../shared/search/change-search.ts';
import { DataTable } from '../../shared/ui/data-table.tsx';
import { InvoiceTable } from './invoice-table.tsx';
import type { MonitorSummary } from './monitor-api.ts';
import { monitorColumns } from './monitor-columns.tsx';
import type { MonitorSearch } from './monitor-search.ts';
import { PaymentTable } from './payment-table.tsx';

interface ActivityStreamsProps {
  readonly summary: MonitorSummary;
  readonly search: MonitorSearch;
  readonly change: ChangeSearch<MonitorSearch>;
}

/** The newest of each kind over all accounts. */
export function ActivityStreams({ summary, search, change }: ActivityStreamsProps) {
  const wallets = useMemo(() => summary.accounts.filter((account) => account.credit.wallet > 0), [summary.accounts]);
  return (
    <Paper>
      <Title order={2} size="h4" p="md">
        Activity Streams
      </Title>
      <Tabs
        value={search.stream ?? 'invoices'}
        onChange={(stream) => change({ stream: (stream ?? undefined) as MonitorSearch['stream'] }, { replace: true })}
        keepMounted={false}
      >
        <Tabs.List px="md">
          <Tabs.Tab value="invoices">V1 Invoices</Tabs.Tab>
          <Tabs.Tab value="payments">V1 Payments</Tabs.Tab>
          <Tabs.Tab value="credits">V2 Credits</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="invoices">
          <InvoiceTable rows={summary.v1_invoices} />
        </Tabs.Panel>
        <Tabs.Panel value="payments">
          <PaymentTable rows={summary.v1_payments} />
        </Tabs.Panel>
        <Tabs.Panel value="credits">
          <DataTable
            caption="Accounts with credits"
            minWidth={860}
            columns={monitorColumns}
            rows={wallets}
            rowId={(row) => row.external_key}
            onOpen={(row) => change({ account: row.external_key, tab: 'ledger' })}
            selectedId={search.account}
            empty={
              <Text p="md" size="sm" c="dimmed">
                No account of this list has credits. Reservations, ledger and timeline are in each account’s detail.
              </Text>
            }
          />
        </Tabs.Panel>
      </Tabs>
    </Paper>
  );
}
