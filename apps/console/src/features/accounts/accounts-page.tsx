import { Button, Group, Paper, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { IconPlus, IconUsers } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { DataTable } from '../../shared/ui/data-table.tsx';
import { EmptyPanel } from '../../shared/ui/empty-panel.tsx';
import { ErrorPanel } from '../../shared/ui/error-panel.tsx';
import { ExportButton } from '../../shared/ui/export-button.tsx';
import { LoadMore } from '../../shared/ui/load-more.tsx';
import { PageHeader } from '../../shared/ui/page-header.tsx';
import { StatTile } from '../../shared/ui/stat-tile.tsx';
import { accountColumns } from './account-columns.tsx';
import { AccountDrawer } from './account-drawer.tsx';
import { AccountFilters } from './account-filters.tsx';
import { accountsQuery } from './account-queries.ts';
import type { ChangeSearch } from '../../shared/search/change-search.ts';
import type { AccountsSearch } from './accounts-search.ts';
import { EnrolWizard } from './enrol-wizard.tsx';
import { exportAccounts } from './export-accounts.ts';
import { useMayChange } from './use-may-change.ts';

interface AccountsPageProps {
  readonly search: AccountsSearch;
  readonly change: ChangeSearch<AccountsSearch>;
}

interface ModeCounts {
  readonly POSTPAID: number;
  readonly CREDIT: number;
  readonly UNENROLLED: number;
}

const NO_FILTER = { q: undefined, mode: undefined, status: undefined, low: undefined };

/** Studio's accounts: who pays how, with which credits; and everything an operator may change. */
export function AccountsPage({ search, change }: AccountsPageProps) {
  const [enrolling, setEnrolling] = useState<{ externalKey?: string }>();
  const mayChange = useMayChange();
  const pages = useInfiniteQuery(accountsQuery(search));
  const rows = useMemo(() => pages.data?.pages.flatMap((page) => page.items), [pages.data]);
  const counts = pages.data?.pages.at(-1)?.counts;
  const isFiltered = Boolean(search.q ?? search.mode ?? search.status ?? search.low);
  return (
    <Stack gap="lg">
      <PageHeader title="Accounts" subtitle="Billing mode, wallets and terms of every account Studio knows.">
        {mayChange && (
          <Button leftSection={<IconPlus size={17} aria-hidden />} onClick={() => setEnrolling({})}>
            Enrol account
          </Button>
        )}
      </PageHeader>
      <ModeTiles counts={counts} search={search} change={change} />
      <Paper>
        <Stack gap={0}>
          <Group p="md" justify="space-between" gap="sm">
            <Group gap="xs">
              <Title order={2} size="h4">
                Accounts
              </Title>
              <Text size="sm" c="dimmed" role="status">
                {rows && `${rows.length}${pages.hasNextPage ? '+' : ''} shown`}
              </Text>
            </Group>
            <ExportButton run={() => exportAccounts(search)} noun="accounts" />
          </Group>
          <AccountFilters search={search} change={change} counts={counts} isFiltered={isFiltered} />
          {pages.error && (
            <ErrorPanel
              title="The accounts could not be read"
              error={pages.error}
              onRetry={() => void pages.refetch()}
            />
          )}
          {(rows ?? !pages.error) && (
            <DataTable
              caption="Accounts"
              minWidth={860}
              columns={accountColumns}
              rows={rows}
              rowId={(row) => row.external_key}
              sort={search.sort ?? 'display_name'}
              onSort={(sort) => change({ sort: sort as AccountsSearch['sort'] }, { replace: true })}
              onOpen={(row) => change({ account: row.external_key })}
              selectedId={search.account}
              empty={<NoAccounts isFiltered={isFiltered} onReset={() => change(NO_FILTER)} />}
            />
          )}
          <LoadMore pages={pages} />
        </Stack>
      </Paper>
      <AccountDrawer search={search} change={change} onEnrol={(externalKey) => setEnrolling({ externalKey })} />
      {enrolling && (
        <EnrolWizard
          externalKey={enrolling.externalKey}
          onClose={() => setEnrolling(undefined)}
          onEnrolled={(externalKey) => {
            setEnrolling(undefined);
            change({ account: externalKey });
          }}
        />
      )}
    </Stack>
  );
}

function ModeTiles({ counts, search, change }: AccountsPageProps & { counts: ModeCounts | undefined }) {
  const text = (count: number | undefined) => count?.toLocaleString('en-IN');
  const filter = { mode: undefined, status: undefined };
  return (
    <SimpleGrid cols={{ base: 2, md: 4 }} spacing="md">
      <StatTile
        label="Enrolled"
        value={text(counts && counts.CREDIT + counts.POSTPAID)}
        hint="accounts with a wallet"
        isActive={!search.mode && !search.status}
        onClick={() => change(filter)}
      />
      <StatTile
        label="CREDIT"
        value={text(counts?.CREDIT)}
        hint="work is paid from the wallet"
        isActive={search.mode === 'CREDIT'}
        onClick={() => change({ ...filter, mode: 'CREDIT' })}
      />
      <StatTile
        label="POSTPAID"
        value={text(counts?.POSTPAID)}
        hint="work is invoiced afterwards"
        isActive={search.mode === 'POSTPAID'}
        onClick={() => change({ ...filter, mode: 'POSTPAID' })}
      />
      <StatTile
        label="Not enrolled"
        value={text(counts?.UNENROLLED)}
        hint="sent events, have no wallet"
        isActive={search.status === 'UNENROLLED'}
        onClick={() => change({ ...filter, status: 'UNENROLLED' })}
      />
    </SimpleGrid>
  );
}

function NoAccounts({ isFiltered, onReset }: { isFiltered: boolean; onReset(): void }) {
  if (!isFiltered) {
    return (
      <EmptyPanel
        icon={IconUsers}
        title="No accounts yet"
        why="Enrol the first one with the external_key V1 shows for it."
      />
    );
  }
  return (
    <EmptyPanel icon={IconUsers} title="No account fits" why="Search and filters together leave nothing.">
      <Button variant="default" onClick={onReset}>
        Reset filters
      </Button>
    </EmptyPanel>
  );
}
