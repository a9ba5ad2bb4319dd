import { Button, Chip, Group, NativeSelect, TextInput } from '@mantine/core';
import { useCallback } from 'react';
import { FilterBar } from '../../shared/ui/filter-bar.tsx';
import { SearchField } from '../../shared/ui/search-field.tsx';
import type { ChangeSearch } from '../../shared/search/change-search.ts';
import type { AccountsSearch } from './accounts-search.ts';

const DEFAULT_LOW = '10';

interface AccountFiltersProps {
  readonly search: AccountsSearch;
  readonly change: ChangeSearch<AccountsSearch>;
  readonly counts: { readonly POSTPAID: number; readonly CREDIT: number; readonly UNENROLLED: number } | undefined;
  readonly isFiltered: boolean;
}

/** Search and filters; all of them live in the address. */
export function AccountFilters({ search, change, counts, isFiltered }: AccountFiltersProps) {
  const applySearch = useCallback((q: string) => change({ q: q || undefined }, { replace: true }), [change]);
  return (
    <Group px="md" pb="md" gap="sm">
      <SearchField label="Name or external_key" value={search.q ?? ''} onApply={applySearch} />
      <FilterBar
        label="Billing mode"
        value={search.mode ?? 'all'}
        options={[
          { value: 'all', label: 'All', count: counts && counts.CREDIT + counts.POSTPAID },
          { value: 'CREDIT', label: 'Credit', count: counts?.CREDIT },
          { value: 'POSTPAID', label: 'Postpaid', count: counts?.POSTPAID },
        ]}
        onChange={(mode) => change({ mode: mode === 'all' ? undefined : mode })}
      />
      <NativeSelect
        aria-label="Status"
        value={search.status ?? ''}
        data={[
          { value: '', label: 'Enrolled' },
          { value: 'ACTIVE', label: 'ACTIVE' },
          { value: 'SUSPENDED', label: 'SUSPENDED' },
          { value: 'UNENROLLED', label: `UNENROLLED${counts ? ` (${counts.UNENROLLED})` : ''}` },
        ]}
        onChange={(event) => change({ status: (event.currentTarget.value || undefined) as AccountsSearch['status'] })}
      />
      <Chip
        size="sm"
        checked={search.low !== undefined}
        onChange={(isOn) => change({ low: isOn ? DEFAULT_LOW : undefined })}
      >
        Low balance
      </Chip>
      {search.low !== undefined && (
        <TextInput
          key={search.low}
          aria-label="Available below, credits"
          w={96}
          leftSection="<"
          inputMode="decimal"
          defaultValue={search.low}
          onBlur={(event) => change({ low: event.currentTarget.value.trim() || undefined }, { replace: true })}
          onKeyDown={(event) => event.key === 'Enter' && event.currentTarget.blur()}
        />
      )}
      {isFiltered && (
        <Button
          variant="subtle"
          size="xs"
          onClick={() => change({ q: undefined, mode: undefined, status: undefined, low: undefined })}
        >
          Reset filters
        </Button>
      )}
    </Group>
  );
}
