import { Stack, Text, UnstyledButton } from '@mantine/core';
import { formatCredits } from '../../shared/format/credits.ts';
import { formatMoney } from '../../shared/format/money.ts';
import { CopyKey } from '../../shared/ui/copy-key.tsx';
import { CreditBar } from '../../shared/ui/credit-bar.tsx';
import type { TableColumn } from '../../shared/ui/data-table.tsx';
import { ModeBadge } from '../../shared/ui/mode-badge.tsx';
import { RelativeTime } from '../../shared/ui/relative-time.tsx';
import type { MonitorAccount } from './monitor-api.ts';
import { WarningBadges } from './warning-badges.tsx';

const KINDS = { referral_channel: 'Referral channel', client: 'Client' };

/** Columns of the accounts; ids are the names V1 sorts by. */
export const monitorColumns: TableColumn<MonitorAccount>[] = [
  {
    id: 'display_name',
    header: 'Display Name',
    meta: { sort: 'ascending' },
    cell: ({ row }) => (
      <Stack gap={0} miw={150}>
        <UnstyledButton aria-haspopup="dialog" mih={24}>
          <Text size="sm" fw={600}>
            {row.original.display_name}
          </Text>
        </UnstyledButton>
        <Text size="xs" c="dimmed">
          {KINDS[row.original.entity_type]}
        </Text>
      </Stack>
    ),
  },
  {
    id: 'external_key',
    header: 'External Key',
    meta: { isWide: true },
    cell: ({ row }) => <CopyKey externalKey={row.original.external_key} />,
  },
  { id: 'mode', header: 'Mode', cell: ({ row }) => <ModeBadge mode={row.original.billing_mode} /> },
  {
    id: 'available',
    header: 'Credits',
    meta: { isNumeric: true, sort: 'ascending' },
    cell: ({ row }) => <Credits account={row.original} />,
  },
  {
    id: 'amount_due',
    header: 'Amount Due',
    meta: { isNumeric: true, sort: 'descending' },
    cell: ({ row }) => <AmountDue account={row.original} />,
  },
  {
    id: 'last_event_at',
    header: 'Last Event',
    meta: { sort: 'descending' },
    cell: ({ row }) => <RelativeTime size="sm" c="dimmed" at={row.original.last_event_at} />,
  },
  {
    id: 'severity',
    header: 'Warnings',
    meta: { sort: 'descending' },
    cell: ({ row }) => <WarningBadges warnings={row.original.warnings} />,
  },
];

/** A dash for accounts Studio has no wallet for. */
function Credits({ account }: { account: MonitorAccount }) {
  if (account.account_status === 'UNENROLLED' || account.warnings.includes('not_enrolled')) return '–';
  const { wallet, reserved, available } = account.credit;
  return (
    <Stack gap={2} align="flex-end">
      <CreditBar credit={account.credit} />
      <Text size="xs" c="dimmed" className="figures" style={{ whiteSpace: 'nowrap' }}>
        {`W: ${formatCredits(wallet)} / R: ${formatCredits(reserved)} / A: ${formatCredits(available)}`}
      </Text>
    </Stack>
  );
}

/** One line per currency: two currencies are never added up. */
function AmountDue({ account }: { account: MonitorAccount }) {
  if (account.due_by_currency.length === 0) return '–';
  return (
    <Stack gap={0} align="flex-end">
      {account.due_by_currency.map((due) => (
        <Text key={due.currency} size="sm" className="figures">
          {formatMoney(due.amount_due_cents, due.currency)}
        </Text>
      ))}
      <Text size="xs" c="dimmed">
        {account.open_invoices} open
      </Text>
    </Stack>
  );
}
