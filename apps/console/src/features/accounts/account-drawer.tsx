import { Badge, Group, Skeleton, Stack, Text } from '@mantine/core';
import { IconUserQuestion } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { ApiError } from '../../shared/api/api-error.ts';
import { formatCredits } from '../../shared/format/credits.ts';
import { CopyKey } from '../../shared/ui/copy-key.tsx';
import { DetailDrawer } from '../../shared/ui/detail-drawer.tsx';
import { EmptyPanel } from '../../shared/ui/empty-panel.tsx';
import { ErrorPanel } from '../../shared/ui/error-panel.tsx';
import { FigureRow } from '../../shared/ui/figure-row.tsx';
import { ModeBadge } from '../../shared/ui/mode-badge.tsx';
import { isEnrolled } from './account-columns.tsx';
import { AccountActions, EnrolButton } from './account-actions.tsx';
import { accountQuery } from './account-queries.ts';
import { AccountTabs } from './account-tabs.tsx';
import type { ChangeSearch } from '../../shared/search/change-search.ts';
import type { AccountsSearch } from './accounts-search.ts';
import { StatusBadge } from './status-badge.tsx';
import type { OperatorAccount } from './studio-api.ts';

interface AccountDrawerProps {
  readonly search: AccountsSearch;
  readonly change: ChangeSearch<AccountsSearch>;
  onEnrol(externalKey: string): void;
}

/** One account: what it has, what may be done, and everything that happened. Open while the address names it. */
export function AccountDrawer({ search, change, onEnrol }: AccountDrawerProps) {
  const externalKey = search.account;
  const account = useQuery({ ...accountQuery(externalKey ?? ''), enabled: externalKey !== undefined });
  const isMissing = account.error instanceof ApiError && account.error.facts.status === 404;
  return (
    <DetailDrawer
      isOpen={externalKey !== undefined}
      onClose={() => change({ account: undefined, tab: undefined })}
      title={account.data?.display_name || externalKey}
    >
      {externalKey && isMissing && (
        <EmptyPanel icon={IconUserQuestion} title="Nobody enrolled it" why={`Studio knows nothing of ${externalKey}.`}>
          <EnrolButton externalKey={externalKey} onEnrol={onEnrol} />
        </EmptyPanel>
      )}
      {account.error && !isMissing && (
        <ErrorPanel
          title="The account could not be read"
          error={account.error}
          onRetry={() => void account.refetch()}
        />
      )}
      {account.isPending && externalKey && <Skeleton h={240} />}
      {account.data && (
        <Stack>
          <AccountSummary account={account.data} />
          <AccountActions account={account.data} onEnrol={onEnrol} />
          <AccountTabs
            externalKey={account.data.external_key}
            tab={search.tab ?? (isEnrolled(account.data) ? 'reservations' : 'timeline')}
            onTab={(tab) => change({ tab }, { replace: true })}
          />
        </Stack>
      )}
    </DetailDrawer>
  );
}

function AccountSummary({ account }: { account: OperatorAccount }) {
  const { wallet, reserved, available } = account.credit;
  return (
    <Stack gap="sm">
      <Group gap="xs">
        {isEnrolled(account) && <ModeBadge mode={account.billing_mode} />}
        <StatusBadge status={account.account_status} />
        <Badge variant="default" radius="sm">
          {account.account_type}
        </Badge>
        <CopyKey externalKey={account.external_key} size="sm" />
      </Group>
      {isEnrolled(account) ? (
        <>
          <FigureRow
            figures={[
              { label: 'Wallet', value: formatCredits(wallet) },
              { label: 'Reserved', value: formatCredits(reserved) },
              {
                label: 'Available',
                value: formatCredits(available),
                color: available > 0 ? 'var(--tandem-text-teal)' : 'var(--tandem-text-red)',
              },
            ]}
          />
          <Text size="sm" c="dimmed">
            Invoices in {account.currency}, due after {account.payment_terms_days} days. Version {account.version}.
          </Text>
        </>
      ) : (
        <Text size="sm" c="dimmed">
          It sent events, but has no wallet: nobody enrolled it. V1 treats it as POSTPAID.
        </Text>
      )}
    </Stack>
  );
}
