import { Badge, Stack, Text } from '@mantine/core';
import { IconBook2 } from '@tabler/icons-react';
import type { components } from '../api/studio.gen.ts';
import { formatCredits, formatCreditsDelta } from '../format/credits.ts';
import { DataTable, type TableColumn } from '../ui/data-table.tsx';
import { EmptyPanel } from '../ui/empty-panel.tsx';
import { RelativeTime } from '../ui/relative-time.tsx';

export type LedgerMovement = components['schemas']['LedgerRow'];

/** Green comes in, violet goes out, indigo is held; what ends by itself or is taken back stands out. */
const COLORS: Record<LedgerMovement['reason'], string> = {
  GRANT: 'teal',
  TOPUP: 'teal',
  TRANSFER_IN: 'teal',
  RESERVE: 'indigo',
  CONSUME: 'violet',
  CHARGE: 'violet',
  RECOVERY: 'violet',
  TRANSFER_OUT: 'violet',
  RELEASE: 'gray',
  ADJUSTMENT: 'gray',
  REVERSAL: 'gray',
  EXPIRE: 'orange',
  LOT_EXPIRY: 'orange',
  CLAWBACK: 'red',
};

const columns: TableColumn<LedgerMovement>[] = [
  {
    id: 'reason',
    header: 'Movement',
    cell: ({ row }) => (
      <Badge variant="light" color={COLORS[row.original.reason]} radius="sm" miw="max-content">
        {row.original.reason}
      </Badge>
    ),
  },
  {
    id: 'delta',
    header: 'Delta',
    meta: { isNumeric: true },
    cell: ({ row }) => (
      <Text size="sm" fw={600} className="figures" aria-label={`delta: ${formatCreditsDelta(row.original.delta)}`}>
        {formatCreditsDelta(row.original.delta)}
      </Text>
    ),
  },
  {
    id: 'balance_after',
    header: 'Wallet after',
    meta: { isNumeric: true },
    cell: ({ row }) => formatCredits(row.original.balance_after),
  },
  {
    id: 'reserved_after',
    header: 'Reserved after',
    meta: { isNumeric: true },
    cell: ({ row }) => formatCredits(row.original.reserved_after),
  },
  { id: 'cause', header: 'Cause', cell: ({ row }) => <Cause movement={row.original} /> },
  { id: 'created_at', header: 'When', cell: ({ row }) => <RelativeTime size="sm" at={row.original.created_at} /> },
];

/** What a movement was for, and who asked for it. */
function Cause({ movement }: { movement: LedgerMovement }) {
  const { acting_user: user, client, reason } = movement.metadata_json;
  const actor = [user, client].find((name) => typeof name === 'string');
  return (
    <Stack gap={0} maw={240}>
      <Text size="xs" ff="monospace" truncate title={movement.idempotency_key}>
        {movement.ref_type ? `${movement.ref_type} ${movement.ref_id}` : movement.idempotency_key}
      </Text>
      <Text size="xs" c="dimmed" lineClamp={2}>
        {[actor, reason].filter((part) => typeof part === 'string').join(': ')}
      </Text>
    </Stack>
  );
}

/** Movements of the append-only ledger, newest first, with what was there after each. */
export function LedgerList({ rows }: { rows: LedgerMovement[] | undefined }) {
  return (
    <DataTable
      caption="Ledger"
      minWidth={640}
      columns={columns}
      rows={rows}
      rowId={(row) => row.id}
      empty={
        <EmptyPanel icon={IconBook2} title="No movements" why="Grants, holds and charges are written here for good." />
      }
    />
  );
}
