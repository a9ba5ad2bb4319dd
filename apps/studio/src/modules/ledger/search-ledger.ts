import { Injectable } from '@nestjs/common';
import type { LedgerRow } from '@tandem/contracts';
import { encodeCursor } from '@tandem/platform/http/paging';
import { readInstant } from '../../http/instant.ts';
import { readCursor } from '../../http/read-cursor.ts';
import { toLedgerRow } from './credits.convert.ts';
import type { LedgerFilterQuery } from './ledger-filter.dto.ts';
import { LedgerSearchQueries, type LedgerFilter } from './ledger-search.queries.ts';
import type { PageRequest } from './read-credit-activity.ts';

/** Positions looked at in one step: a filter that fits little must not read a whole ledger at once. */
const POSITIONS_PER_STEP = 50_000;
/** Rows of one step of a walk: what is in memory at a time. */
const ROWS_PER_STEP = 1000;

/** Movements of an account by what they are, in pages or all of them one after the other. */
@Injectable()
export class SearchLedger {
  constructor(private readonly queries: LedgerSearchQueries) {}

  /**
   * Newest first. A page may hold fewer rows than asked, even none, and still have a next one: it ends where as many
   * positions were looked at as one page may.
   * @throws DomainError `bad_request` for a cursor that is not of this list; ValidationError for a bad time
   */
  async page(
    accountId: string,
    query: LedgerFilterQuery,
    { limit, cursor }: PageRequest,
  ): Promise<{ items: LedgerRow[]; next_cursor: string | null }> {
    const filter = readFilter(query);
    const before = readCursor(cursor, ['integer'])?.[0] ?? undefined;
    const range = await this.queries.range(accountId, filter);
    const upTo = before === undefined ? range.upTo : Math.min(range.upTo, Number(before) - 1);
    const above = Math.max(range.above, upTo - POSITIONS_PER_STEP);
    const order = { direction: 'DESC', limit: limit + 1 } as const;
    const found = await this.queries.find(accountId, filter, { above, upTo }, order);
    const rows = found.slice(0, limit);
    const reached = found.length > limit ? Number(rows.at(-1)?.seq) : above + 1;
    const isLast = found.length <= limit && above === range.above;
    return { items: rows.map(toLedgerRow), next_cursor: isLast ? null : encodeCursor([String(reached)]) };
  }

  /** Oldest first, up to the last movement there is when the walk begins. Holds one step of rows at a time. */
  async *walk(accountId: string, filter: LedgerFilter): AsyncGenerator<LedgerRow> {
    const { above, upTo: end } = await this.queries.range(accountId, filter);
    for (let position = above; position < end;) {
      const upTo = Math.min(end, position + POSITIONS_PER_STEP);
      const order = { direction: 'ASC', limit: ROWS_PER_STEP } as const;
      const rows = await this.queries.find(accountId, filter, { above: position, upTo }, order);
      for (const row of rows) yield toLedgerRow(row);
      position = rows.length === ROWS_PER_STEP ? Number(rows.at(-1)?.seq) : upTo;
    }
  }
}

/** @throws ValidationError for a time that is none */
export function readFilter(query: LedgerFilterQuery): LedgerFilter {
  return {
    from: query.from === undefined ? undefined : readInstant(query.from, 'from'),
    to: query.to === undefined ? undefined : readInstant(query.to, 'to'),
    kind: query.kind,
    refType: query.ref_type,
    refId: query.ref_id,
  };
}
