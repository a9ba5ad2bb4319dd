import { Badge, Text } from '@mantine/core';
import { IconLock } from '@tabler/icons-react';
import type { components } from '../api/studio.gen.ts';
import { formatCredits } from '../format/credits.ts';
import { DataTable, type TableColumn } from '../ui/data-table.tsx';
import { EmptyPanel } from '../ui/empty-panel.tsx';
import { RelativeTime } from '../ui/relative-time.tsx';

export type Reservation = components['schemas']['ReservationRow'];

const COLORS = { ACTIVE: 'indigo', CONSUMED: 'teal', RELEASED: 'gray', EXPIRED: 'orange' } as const;

const columns: TableColumn<Reservation>[] = [
  {
    id: 'status',
    header: 'Status',
    cell: ({ row }) => (
      <Badge variant="light" color={COLORS[row.original.status]} radius="sm" miw="max-content">
        {row.original.status}
      </Badge>
    ),
  },
  {
    id: 'amount',
    header: 'Amount',
    meta: { isNumeric: true },
    cell: ({ row }) => formatCredits(row.original.amount),
  },
  {
    id: 'reference',
    header: 'For',
    cell: ({ row }) => (
      <Text size="xs" ff="monospace">
        {row.original.ref_type} {row.original.ref_id}
      </Text>
    ),
  },
  { id: 'created_at', header: 'Held', cell: ({ row }) => <RelativeTime size="sm" at={row.original.created_at} /> },
  { id: 'ends', header: 'Ends', cell: ({ row }) => <Ending reservation={row.original} /> },
];

/** When a hold ended, or will by itself. */
function Ending({ reservation }: { reservation: Reservation }) {
  const at = reservation.consumed_at ?? reservation.released_at ?? reservation.expires_at;
  return <RelativeTime size="sm" c={reservation.status === 'ACTIVE' ? undefined : 'dimmed'} at={at} />;
}

/** Holds on credits, newest first. */
export function ReservationList({ rows }: { rows: Reservation[] | undefined }) {
  return (
    <DataTable
      caption="Reservations"
      minWidth={520}
      columns={columns}
      rows={rows}
      rowId={(row) => row.id}
      empty={
        <EmptyPanel
          icon={IconLock}
          title="No reservations"
          why="Approved work in CREDIT mode holds credits here until it is delivered or cancelled."
        />
      }
    />
  );
}
