import { Button, Group, Skeleton, Stack, Text } from '@mantine/core';
import { IconCopy } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { formatCredits } from '../../shared/format/credits.ts';
import type { ChangeSearch } from '../../shared/search/change-search.ts';
import { copyKey } from '../../shared/ui/copy-key.tsx';
import { DetailDrawer } from '../../shared/ui/detail-drawer.tsx';
import { ErrorPanel } from '../../shared/ui/error-panel.tsx';
import { FigureRow } from '../../shared/ui/figure-row.tsx';
import { ModeBadge } from '../../shared/ui/mode-badge.tsx';
import { RelativeTime } from '../../shared/ui/relative-time.tsx';
import { DetailTabs } from './detail-tabs.tsx';
import type { MonitorDetail } from './monitor-api.ts';
import { detailQuery, fetchDetail } from './monitor-queries.ts';
import type { MonitorSearch } from './monitor-search.ts';
import { RawJson } from './raw-json.tsx';
import { RefreshButton } from './refresh-button.tsx';
import { useForcedRefresh } from './use-forced-refresh.ts';
import { WarningBadges } from './warning-badges.tsx';

/** What V1 assumes of an account Studio has not told about. */
const NO_CREDITS = { wallet: 0, reserved: 0, available: 0 };

interface AccountDetailDrawerProps {
  readonly search: MonitorSearch;
  readonly change: ChangeSearch<MonitorSearch>;
}

/** One account: Studio's figures with their age, V1's invoices and payments, Studio's rows. Open while the address names it. */
export function AccountDetailDrawer({ search, change }: AccountDetailDrawerProps) {
  const externalKey = search.account;
  const detail = useQuery({ ...detailQuery(externalKey ?? ''), enabled: externalKey !== undefined });
  return (
    <DetailDrawer
      isOpen={externalKey !== undefined}
      onClose={() => change({ account: undefined, tab: undefined })}
      title={
        <>
          <Text size="xs" c="dimmed" fw={400}>
            Account Detail
          </Text>
          {detail.data?.display_name ?? externalKey}
        </>
      }
    >
      <Stack>
        {detail.error && (
          <ErrorPanel
            title="The account could not be read"
            error={detail.error}
            onRetry={() => void detail.refetch()}
          />
        )}
        {externalKey && detail.isPending && <Skeleton h={260} />}
        {detail.data && (
          <>
            <DetailSummary detail={detail.data} />
            <DetailTabs
              detail={detail.data}
              tab={search.tab ?? 'invoices'}
              onTab={(tab) => change({ tab }, { replace: true })}
            />
            <RawJson value={detail.data.raw_json} />
          </>
        )}
      </Stack>
    </DetailDrawer>
  );
}

function DetailSummary({ detail }: { detail: MonitorDetail }) {
  const queryClient = useQueryClient();
  const key = detail.external_key;
  const refresh = useForcedRefresh(
    () => fetchDetail(key, true),
    (answer) => queryClient.setQueryData(detailQuery(key).queryKey, answer),
  );
  const { status, reachable, stale, fetched_at: fetchedAt } = detail.studio_status;
  const { wallet, reserved, available } = status.credit ?? NO_CREDITS;
  return (
    <Stack gap="sm">
      <Group gap="xs">
        <ModeBadge mode={status.billing_mode ?? 'POSTPAID'} />
        <Text size="sm" ff="monospace">
          {key}
        </Text>
        {detail.warnings.length > 0 && <WarningBadges warnings={detail.warnings} />}
      </Group>
      <FigureRow
        figures={[
          { label: 'Wallet', value: formatCredits(wallet) },
          { label: 'Reserved', value: formatCredits(reserved) },
          { label: 'Available', value: formatCredits(available) },
        ]}
      />
      <div>
        <Text size="sm" className="figures">
          {`Credits: W ${formatCredits(wallet)} / R ${formatCredits(reserved)} / A ${formatCredits(available)}`}
        </Text>
        <Group gap={4}>
          <Text size="sm">{`Studio status: ${reachable ? 'reachable' : 'unreachable'}${stale ? ' (cached)' : ''}`}</Text>
          {fetchedAt !== null && <RelativeTime size="sm" c="dimmed" at={fetchedAt} />}
        </Group>
        {detail.studio_status.error !== null && (
          <Text size="sm" c="dimmed">
            {detail.studio_status.error}
          </Text>
        )}
      </div>
      <Group gap="xs">
        <RefreshButton label="Refresh account detail" refresh={refresh} />
        <Button variant="default" leftSection={<IconCopy size={16} aria-hidden />} onClick={() => void copyKey(key)}>
          Copy external_key
        </Button>
      </Group>
    </Stack>
  );
}
