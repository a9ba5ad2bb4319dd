import { Badge, Text } from '@mantine/core';
import { formatMoney } from '../../shared/format/money.ts';
import { formatDay } from '../../shared/format/time.ts';
import { DataTable, type TableColumn } from '../../shared/ui/data-table.tsx';
import type { MonitorInvoice } from './monitor-api.ts';

const COLORS: Partial<Record<string, string>> = { PAID: 'teal', PARTIALLY_PAID: 'yellow', VOID: 'gray', DRAFT: 'gray' };

const columns: TableColumn<MonitorInvoice>[] = [
  {
    id: 'invoice_no',
    header: 'Invoice No',
    cell: ({ row }) => (
      <Text
        size="sm"
        ff="monospace"
        style={{ whiteSpace: 'nowrap' }}
        c={row.original.invoice_no === null ? 'dimmed' : undefined}
      >
        {row.original.invoice_no ?? 'not issued'}
      </Text>
    ),
  },
  { id: 'counterparty', header: 'Counterparty', cell: ({ row }) => row.original.counterparty },
  {
    id: 'amount',
    header: 'Amount',
    meta: { isNumeric: true },
    cell: ({ row }) => formatMoney(row.original.amount_cents, row.original.currency),
  },
  {
    id: 'status',
    header: 'Status',
    cell: ({ row }) => (
      <Badge variant="light" radius="sm" miw="max-content" color={COLORS[row.original.status] ?? 'indigo'}>
        {row.original.status}
      </Badge>
    ),
  },
  { id: 'due_date', header: 'Due Date', cell: ({ row }) => dayOrDash(row.original.due_date) },
  { id: 'paid_date', header: 'Paid Date', cell: ({ row }) => dayOrDash(row.original.paid_date) },
];

function dayOrDash(day: string | null) {
  return day === null ? '–' : <time dateTime={day}>{formatDay(day)}</time>;
}

/** V1's invoices, newest first. They never depend on Studio. */
export function InvoiceTable({ rows }: { rows: MonitorInvoice[] | undefined }) {
  return (
    <DataTable
      caption="V1 Invoices"
      minWidth={640}
      columns={columns}
      rows={rows}
      rowId={(row) => String(row.invoice_id)}
      empty={
        <Text p="md" size="sm" c="dimmed">
          No recent invoices.
        </Text>
      }
    />
  );
}
