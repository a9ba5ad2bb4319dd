import { Badge, Group, Stack, Text, UnstyledButton } from '@mantine/core';
import { formatCredits } from '../../shared/format/credits.ts';
import { CopyKey } from '../../shared/ui/copy-key.tsx';
import { CreditBar } from '../../shared/ui/credit-bar.tsx';
import type { TableColumn } from '../../shared/ui/data-table.tsx';
import { ModeBadge } from '../../shared/ui/mode-badge.tsx';
import { RelativeTime } from '../../shared/ui/relative-time.tsx';
import { StatusBadge } from './status-badge.tsx';
import type { OperatorAccount } from './studio-api.ts';

/** Columns of the list; ids are the names Studio sorts by. */
export const accountColumns: TableColumn<OperatorAccount>[] = [
  {
    id: 'display_name',
    header: 'Account',
    meta: { sort: 'ascending' },
    cell: ({ row }) => (
      <Stack gap={0}>
        <UnstyledButton aria-haspopup="dialog" mih={24}>
          <Text size="sm" fw={600}>
            {row.original.display_name || row.original.external_key}
          </Text>
        </UnstyledButton>
        <CopyKey externalKey={row.original.external_key} />
      </Stack>
    ),
  },
  {
    id: 'mode',
    header: 'Mode',
    cell: ({ row }) => (isEnrolled(row.original) ? <ModeBadge mode={row.original.billing_mode} /> : '–'),
  },
  {
    id: 'wallet',
    header: 'Wallet',
    meta: { isNumeric: true, isWide: true },
    cell: ({ row }) => (isEnrolled(row.original) ? formatCredits(row.original.credit.wallet) : '–'),
  },
  {
    id: 'reserved',
    header: 'Reserved',
    meta: { isNumeric: true, isWide: true },
    cell: ({ row }) => (isEnrolled(row.original) ? formatCredits(row.original.credit.reserved) : '–'),
  },
  {
    id: 'available',
    header: 'Available',
    meta: { isNumeric: true, sort: 'ascending' },
    cell: ({ row }) => (isEnrolled(row.original) ? <CreditBar credit={row.original.credit} /> : '–'),
  },
  {
    id: 'status',
    header: 'Status',
    cell: ({ row }) => (
      <Group gap={6} wrap="nowrap">
        <StatusBadge status={row.original.account_status} />
        {isOutOfCredits(row.original) && (
          <Badge variant="light" color="red" radius="sm" miw="max-content">
            insufficient_credits
          </Badge>
        )}
      </Group>
    ),
  },
  {
    id: 'last_event_at',
    header: 'Last activity',
    meta: { sort: 'descending' },
    cell: ({ row }) => <RelativeTime size="sm" c="dimmed" at={row.original.last_event_at} />,
  },
];

export function isEnrolled(account: OperatorAccount): boolean {
  return account.account_status !== 'UNENROLLED';
}

function isOutOfCredits(account: OperatorAccount): boolean {
  return account.billing_mode === 'CREDIT' && account.credit.available <= 0;
}
