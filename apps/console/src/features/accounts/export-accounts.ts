import { downloadCsv, toCsv } from '../../shared/format/csv.ts';
import { fetchAccounts } from './account-queries.ts';
import type { AccountsSearch } from './accounts-search.ts';
import type { OperatorAccount } from './studio-api.ts';

const PAGE_SIZE = 100;
const COLUMNS = [
  ...['external_key', 'display_name', 'billing_mode', 'account_status', 'wallet', 'reserved', 'available'],
  ...['payment_terms_days', 'currency', 'enrolled_at', 'last_event_at'],
];

/** Saves every account the filter shows, not just the rows on the page. Returns how many. */
export async function exportAccounts(filter: AccountsSearch): Promise<number> {
  const rows: OperatorAccount[] = [];
  let cursor: string | undefined;
  do {
    const page = await fetchAccounts(filter, { cursor, limit: PAGE_SIZE });
    rows.push(...page.items);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  downloadCsv('accounts.csv', toCsv(COLUMNS, rows.map(toCells)));
  return rows.length;
}

function toCells(account: OperatorAccount) {
  const { wallet, reserved, available } = account.credit;
  return [
    ...[account.external_key, account.display_name, account.billing_mode, account.account_status],
    ...[wallet, reserved, available, account.payment_terms_days, account.currency],
    ...[account.enrolled_at, account.last_event_at ?? null],
  ];
}
