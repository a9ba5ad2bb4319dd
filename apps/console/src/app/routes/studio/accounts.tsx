import { createFileRoute } from '@tanstack/react-router';
import { useCallback } from 'react';
import { AccountsPage } from '../../../features/accounts/accounts-page.tsx';
import { accountsSearch, type AccountsSearch } from '../../../features/accounts/accounts-search.ts';
import type { ChangeSearch } from '../../../shared/search/change-search.ts';

export const Route = createFileRoute('/_console/accounts')({
  validateSearch: accountsSearch,
  component: Accounts,
});

function Accounts() {
  const navigate = Route.useNavigate();
  const change: ChangeSearch<AccountsSearch> = useCallback(
    (part, options) =>
      void navigate({
        search: (search) => ({ ...search, ...part }),
        replace: options?.replace ?? false,
        resetScroll: false,
      }),
    [navigate],
  );
  return <AccountsPage search={Route.useSearch()} change={change} />;
}
