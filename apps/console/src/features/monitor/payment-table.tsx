import { Text } from '@mantine/core';
import { formatMoney } from '../../shared/format/money.ts';
import { DataTable, type TableColumn } from '../../shared/ui/data-table.tsx';
import { RelativeTime } from '../../shared/ui/relative-time.tsx';
import type { MonitorPayment } from './monitor-api.ts';

const columns: TableColumn<MonitorPayment>[] = [
  { id: 'method', header: 'Method', cell: ({ row }) => row.original.method },
  {
    id: 'amount',
    header: 'Amount',
    meta: { isNumeric: true },
    cell: ({ row }) => formatMoney(row.original.amount_cents, row.original.currency),
  },
  {
    id: 'reference',
    header: 'Reference',
    cell: ({ row }) => (
      <Text size="xs" ff="monospace">
        {row.original.reference ?? '–'}
      </Text>
    ),
  },
  {
    id: 'invoice',
    header: 'Invoice',
    cell: ({ row }) => (
      <Text size="sm" ff="monospace" style={{ whiteSpace: 'nowrap' }}>
        {row.original.invoice_no ?? '–'}
      </Text>
    ),
  },
  { id: 'counterparty', header: 'Counterparty', cell: ({ row }) => row.original.counterparty },
  { id: 'paid_at', header: 'Paid At', cell: ({ row }) => <RelativeTime size="sm" at={row.original.paid_at} /> },
];

/** V1's payments, newest first. They never depend on Studio. */
export function PaymentTable({ rows }: { rows: MonitorPayment[] | undefined }) {
  return (
    <DataTable
      caption="V1 Payments"
      minWidth={640}
      columns={columns}
      rows={rows}
      rowId={(row) => String(row.payment_id)}
      empty={
        <Text p="md" size="sm" c="dimmed">
          No recent payments.
        </Text>
      }
    />
  );
}
