import { createFileRoute } from '@tanstack/react-router';
import { useCallback } from 'react';
import { MonitorPage } from '../../../features/monitor/monitor-page.tsx';
import { monitorSearch, type MonitorSearch } from '../../../features/monitor/monitor-search.ts';
import type { ChangeSearch } from '../../../shared/search/change-search.ts';

export const Route = createFileRoute('/_console/admin/billing-monitor')({
  validateSearch: monitorSearch,
  component: BillingMonitor,
});

function BillingMonitor() {
  const navigate = Route.useNavigate();
  const change: ChangeSearch<MonitorSearch> = useCallback(
    (part, options) =>
      void navigate({
        search: (search) => ({ ...search, ...part }),
        replace: options?.replace ?? false,
        resetScroll: false,
      }),
    [navigate],
  );
  return <MonitorPage search={Route.useSearch()} change={change} />;
}
