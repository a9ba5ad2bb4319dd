import { Button, Group, NativeSelect, Paper, Stack, Text, Title } from '@mantine/core';
import { IconUsers } from '@tabler/icons-react';
import { useCallback } from 'react';
import type { ChangeSearch } from '../../shared/search/change-search.ts';
import { DataTable } from '../../shared/ui/data-table.tsx';
import { EmptyPanel } from '../../shared/ui/empty-panel.tsx';
import { ExportButton } from '../../shared/ui/export-button.tsx';
import { FilterBar } from '../../shared/ui/filter-bar.tsx';
import { LoadMore, type Pages } from '../../shared/ui/load-more.tsx';
import { SearchField } from '../../shared/ui/search-field.tsx';
import { exportMonitor } from './export-monitor.ts';
import type { MonitorAccount, MonitorSummary } from './monitor-api.ts';
import { monitorColumns } from './monitor-columns.tsx';
import { WARNINGS, type MonitorSearch } from './monitor-search.ts';

interface MonitoredAccountsProps {
  readonly search: MonitorSearch;
  readonly change: ChangeSearch<MonitorSearch>;
  readonly rows: MonitorAccount[] | undefined;
  readonly counts: MonitorSummary['counts'] | undefined;
  readonly pages: Pages;
}

const NO_FILTER = { q: undefined, mode: undefined, warning: undefined };

/** Partners and clients with their credits, worst first. */
export function MonitoredAccounts({ search, change, rows, counts, pages }: MonitoredAccountsProps) {
  const isFiltered = Boolean(search.q ?? search.mode ?? search.warning);
  return (
    <Paper>
      <Group p="md" pb="xs" justify="space-between" gap="sm">
        <Group gap="xs">
          <Title order={2} size="h4">
            Accounts
          </Title>
          <Text size="sm" c="dimmed" role="status">
            {rows && `${rows.length}${pages.hasNextPage ? '+' : ''} accounts`}
          </Text>
        </Group>
        <ExportButton run={() => exportMonitor(search)} noun="accounts" />
      </Group>
      <MonitorFilters search={search} change={change} counts={counts} isFiltered={isFiltered} />
      <DataTable
        caption="Accounts"
        minWidth={960}
        columns={monitorColumns}
        rows={rows}
        rowId={(row) => row.external_key}
        sort={search.sort ?? 'severity'}
        onSort={(sort) => change({ sort: sort as MonitorSearch['sort'] }, { replace: true })}
        onOpen={(row) => change({ account: row.external_key })}
        selectedId={search.account}
        empty={
          <EmptyPanel
            icon={IconUsers}
            title="No accounts found."
            why={isFiltered ? 'Search and filters together leave nothing.' : 'V1 has no active partner or client yet.'}
          >
            {isFiltered && (
              <Button variant="default" onClick={() => change(NO_FILTER)}>
                Reset filters
              </Button>
            )}
          </EmptyPanel>
        }
      />
      <LoadMore pages={pages} />
    </Paper>
  );
}

type MonitorFiltersProps = Pick<MonitoredAccountsProps, 'search' | 'change' | 'counts'> & { isFiltered: boolean };

function MonitorFilters({ search, change, counts, isFiltered }: MonitorFiltersProps) {
  const applySearch = useCallback((q: string) => change({ q: q || undefined }, { replace: true }), [change]);
  return (
    <Stack px="md" pb="md" gap="sm">
      <Group gap="sm">
        <SearchField label="Name or external_key" value={search.q ?? ''} onApply={applySearch} />
        <FilterBar
          label="Billing mode"
          value={search.mode ?? 'all'}
          options={[
            { value: 'all', label: 'All', count: counts?.accounts },
            { value: 'CREDIT', label: 'Credit', count: counts?.mode.CREDIT },
            { value: 'POSTPAID', label: 'Postpaid', count: counts?.mode.POSTPAID },
          ]}
          onChange={(mode) => change({ mode: mode === 'all' ? undefined : mode })}
        />
        <NativeSelect
          aria-label="Warning"
          value={search.warning ?? ''}
          data={[
            { value: '', label: 'With or without warnings' },
            ...WARNINGS.map((warning) => ({
              value: warning,
              label: counts ? `${warning} (${counts.warning[warning]})` : warning,
            })),
          ]}
          onChange={(event) =>
            change({ warning: (event.currentTarget.value || undefined) as MonitorSearch['warning'] })
          }
        />
        {isFiltered && (
          <Button variant="subtle" size="xs" onClick={() => change(NO_FILTER)}>
            Reset filters
          </Button>
        )}
      </Group>
    </Stack>
  );
}
