import { SimpleGrid } from '@mantine/core';
import type { ChangeSearch } from '../../shared/search/change-search.ts';
import { StatTile } from '../../shared/ui/stat-tile.tsx';
import type { MonitorSummary } from './monitor-api.ts';
import type { MonitorSearch } from './monitor-search.ts';

interface MonitorTilesProps {
  readonly counts: MonitorSummary['counts'] | undefined;
  readonly search: MonitorSearch;
  readonly change: ChangeSearch<MonitorSearch>;
}

/** Four figures; each shows its accounts, and a second click shows all again. */
export function MonitorTiles({ counts, search, change }: MonitorTilesProps) {
  const warnings = counts?.warning;
  const text = (count: number | undefined) => count?.toLocaleString('en-IN');
  const toggle = (filter: Pick<MonitorSearch, 'mode' | 'warning'>) => {
    const isOn = search.mode === filter.mode && search.warning === filter.warning;
    change({ mode: undefined, warning: undefined, ...(!isOn && filter) });
  };
  return (
    <SimpleGrid cols={{ base: 2, md: 4 }} spacing="md">
      <StatTile
        label="Accounts in CREDIT"
        value={text(counts?.mode.CREDIT)}
        hint={counts ? `of ${text(counts.accounts)} accounts` : 'of all accounts'}
        isActive={search.mode === 'CREDIT'}
        onClick={() => toggle({ mode: 'CREDIT' })}
      />
      <StatTile
        label="Insufficient credits"
        value={text(warnings?.insufficient_credits)}
        hint="approvals are soft-gated"
        isAlarming={(warnings?.insufficient_credits ?? 0) > 0}
        isActive={search.warning === 'insufficient_credits'}
        onClick={() => toggle({ warning: 'insufficient_credits' })}
      />
      <StatTile
        label="Not enrolled"
        value={text(warnings?.not_enrolled)}
        hint="POSTPAID, unknown to Studio"
        isActive={search.warning === 'not_enrolled'}
        onClick={() => toggle({ warning: 'not_enrolled' })}
      />
      <StatTile
        label="Without a fresh answer"
        value={text(warnings?.studio_unreachable)}
        hint="Studio failed or is away"
        isAlarming={(warnings?.studio_unreachable ?? 0) > 0}
        isActive={search.warning === 'studio_unreachable'}
        onClick={() => toggle({ warning: 'studio_unreachable' })}
      />
    </SimpleGrid>
  );
}
