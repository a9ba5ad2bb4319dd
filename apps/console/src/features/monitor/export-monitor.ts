import { downloadCsv, toCsv } from '../../shared/format/csv.ts';
import type { MonitorAccount } from './monitor-api.ts';
import { fetchSummary, type MonitorFilter } from './monitor-queries.ts';

const PAGE_SIZE = 500;
const COLUMNS = [
  ...['external_key', 'display_name', 'entity_type', 'billing_mode', 'wallet', 'reserved', 'available', 'amount_due'],
  ...['currency', 'open_invoices', 'last_event_at', 'warnings', 'status_fetched_at'],
];

/** Saves every account the filter shows, not just the rows on the page. Returns how many. */
export async function exportMonitor(filter: MonitorFilter): Promise<number> {
  const rows: MonitorAccount[] = [];
  let cursor: string | undefined;
  do {
    const page = await fetchSummary(filter, { cursor, limit: PAGE_SIZE });
    rows.push(...page.accounts);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  downloadCsv('billing-monitor.csv', toCsv(COLUMNS, rows.map(toCells)));
  return rows.length;
}

function toCells(account: MonitorAccount) {
  const { wallet, reserved, available } = account.credit;
  return [
    ...[account.external_key, account.display_name, account.entity_type, account.billing_mode],
    ...[wallet, reserved, available, account.amount_due, account.currency, account.open_invoices],
    ...[account.last_event_at, account.warnings.join(' '), account.status_fetched_at],
  ];
}
