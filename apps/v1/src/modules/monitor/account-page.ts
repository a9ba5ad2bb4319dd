import { BILLING_MODES, MONITOR_WARNINGS, type BillingMode, type MonitorWarning } from '@tandem/contracts';
import { DomainError } from '@tandem/platform/errors';
import { decodeCursor, toPage, type Page } from '@tandem/platform/http/paging';
import type { MonitorAccountRow } from './monitor-account.dto.ts';
import type { AccountCounts, AccountSort } from './monitor.dto.ts';

/** Long names are compared by their beginning, so that a cursor stays short. */
const COMPARED_NAME_LENGTH = 60;

/** Where an account stands in the list: the sort's figure, then the name, then the key, all ascending. */
type Position = readonly [sort: AccountSort, figure: number, name: string, key: string];

export interface AccountPageQuery {
  readonly sort: AccountSort;
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly mode?: BillingMode | undefined;
  readonly warning?: MonitorWarning | undefined;
}

/**
 * Filters, sorts and cuts the accounts to one page.
 * @throws DomainError `bad_request` for a cursor of another sort.
 */
export function pageOfAccounts(rows: readonly MonitorAccountRow[], query: AccountPageQuery): Page<MonitorAccountRow> {
  const after = readPosition(query);
  const ordered = rows
    .filter((row) => query.mode === undefined || row.billing_mode === query.mode)
    .filter((row) => query.warning === undefined || row.warnings.includes(query.warning))
    .map((row) => ({ row, position: positionOf(row, query.sort) }))
    .filter(({ position }) => after === undefined || compare(position, after) > 0)
    .sort((one, other) => compare(one.position, other.position));
  const page = toPage(ordered.slice(0, query.limit + 1), query.limit, ({ position }) => position);
  return { rows: page.rows.map(({ row }) => row), next_cursor: page.next_cursor };
}

/** How many accounts each filter would show. */
export function countAccounts(rows: readonly MonitorAccountRow[]): AccountCounts {
  const count = (matches: (row: MonitorAccountRow) => boolean): number => rows.filter(matches).length;
  return {
    accounts: rows.length,
    mode: countEach(BILLING_MODES, (mode) => count((row) => row.billing_mode === mode)),
    warning: countEach(MONITOR_WARNINGS, (warning) => count((row) => row.warnings.includes(warning))),
  };
}

function countEach<Name extends string>(names: readonly Name[], count: (name: Name) => number): Record<Name, number> {
  return Object.fromEntries(names.map((name) => [name, count(name)])) as Record<Name, number>;
}

function positionOf(row: MonitorAccountRow, sort: AccountSort): Position {
  const figures: Record<AccountSort, number> = {
    severity: -severityOf(row.warnings),
    display_name: 0,
    // Only accounts that pay from a wallet can run out of credits.
    available: row.billing_mode === 'CREDIT' ? row.credit.available : Number.MAX_SAFE_INTEGER,
    amount_due: -row.amount_due_cents,
    last_event_at: row.last_event_at === null ? 0 : -Date.parse(row.last_event_at),
  };
  return [sort, figures[sort], [...row.display_name].slice(0, COMPARED_NAME_LENGTH).join(''), row.external_key];
}

/** A more severe warning outweighs all lesser ones together. */
function severityOf(warnings: readonly MonitorWarning[]): number {
  return warnings.reduce((sum, warning) => sum + 2 ** (MONITOR_WARNINGS.length - MONITOR_WARNINGS.indexOf(warning)), 0);
}

const collator = new Intl.Collator('en');

function compare([, figure, name, key]: Position, [, otherFigure, otherName, otherKey]: Position): number {
  if (figure !== otherFigure) return figure - otherFigure;
  const byName = collator.compare(name, otherName);
  if (byName !== 0) return byName;
  return key < otherKey ? -1 : key > otherKey ? 1 : 0;
}

function readPosition({ cursor, sort }: AccountPageQuery): Position | undefined {
  if (cursor === undefined) return undefined;
  const [ofSort, figure, name, key] = decodeCursor(cursor, 4);
  const isOurs = ofSort === sort && typeof figure === 'number' && typeof name === 'string' && typeof key === 'string';
  if (!isOurs) throw new DomainError('bad_request', 'The cursor is not valid.');
  return [sort, figure, name, key];
}
