import { Injectable } from '@nestjs/common';
import type { Statement, StatementFigures, StatementsPage, StatementSummary } from '@tandem/contracts';
import { UnitOfWork, type Tx } from '@tandem/platform/database/unit-of-work';
import { encodeCursor, pageLimit } from '@tandem/platform/http/paging';
import type { PageQuery } from '../../http/account-activity.dto.ts';
import { readCursor } from '../../http/read-cursor.ts';
import type { AccountSqlRow } from '../accounts/account.convert.ts';
import { BookFiguresQueries, type FiguresSqlRow } from '../explain/book-figures.queries.ts';
import { toExplainedLot, toKindSums } from '../explain/explanation.convert.ts';
import { LotsLeftQueries } from '../explain/lots-left.queries.ts';
import { seeOneState } from '../explain/see-one-state.ts';
import { toCredits } from '../ledger/credits.convert.ts';
import { monthOf, monthsAfter, monthsBetween, noStatement, readMonth, type Month } from './month.ts';
import { StatementQueries, type LifeSqlRow } from './statement.queries.ts';

const MONTHS_ON_A_PAGE = 24;
const LOTS_SHOWN_MAX = 200;
/** A batch that read the clock just before the month ended has committed by then. */
const FINAL_AFTER_MS = 60_000;

/** Months of an account: what there was, what happened, what was left. Nothing is stored for it. */
@Injectable()
export class ReadStatements {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: StatementQueries,
    private readonly figures: BookFiguresQueries,
    private readonly lots: LotsLeftQueries,
  ) {}

  /** Newest month first. @throws DomainError `bad_request` for a bad limit or cursor */
  async page(account: AccountSqlRow, query: PageQuery): Promise<StatementsPage> {
    const limit = pageLimit(query.limit, MONTHS_ON_A_PAGE);
    const cursor = readCursor(query.cursor, ['text'])?.[0];
    return this.uow.run(async (tx) => {
      await seeOneState(tx);
      const life = await this.queries.life(tx, account.account_id);
      if (life.began === null) return { items: [], next_cursor: null };
      const [first, current] = [monthOf(life.began), monthOf(life.now)];
      const newest = cursor == null ? current : monthsAfter(readMonth(cursor), -1);
      const count = Math.min(limit, monthsBetween(first, newest) + 1);
      if (count <= 0 || monthsBetween(newest, current) < 0) return { items: [], next_cursor: null };
      const months = Array.from({ length: count }, (_, index) => monthsAfter(newest, -index));
      const oldest = months.at(-1) ?? newest;
      return {
        items: await this.summaries(tx, account.account_id, months, life),
        next_cursor: monthsBetween(first, oldest) > 0 ? encodeCursor([oldest.name]) : null,
      };
    });
  }

  /** @throws ValidationError when `name` is no month; DomainError `not_found` for a month without the account */
  async one(account: AccountSqlRow, name: string): Promise<Statement> {
    const month = readMonth(name);
    return this.uow.run(async (tx) => {
      await seeOneState(tx);
      const id = account.account_id;
      const life = await this.lifeWith(tx, id, month);
      const [summary] = await this.summaries(tx, id, [month], life);
      const [closing] = await this.figures.before(tx, id, [month.to.toISOString()]);
      if (!summary || !closing) throw new Error('the figures of a month were not answered');
      const [from, to] = [month.from.toISOString(), month.to.toISOString()];
      const sums = await this.figures.sumsWithin(tx, id, from, to);
      const unwritten = await this.figures.unwrittenWithin(tx, id, from, to);
      const shortfalls = await this.queries.shortfalls(tx, id, month.from, month.to);
      const ending = await this.lots.at(
        tx,
        id,
        {
          seq: closing.seq,
          headSeq: life.head_seq,
          foldedSeq: life.folded_seq,
          before: to,
          endingFrom: to,
          endingBefore: monthsAfter(month, 1).to.toISOString(),
        },
        LOTS_SHOWN_MAX + 1,
      );
      return {
        ...summary,
        account_id: id,
        external_key: account.external_key,
        balance_movements: toKindSums(sums, 'balance'),
        reserved_movements: toKindSums(sums, 'reserved'),
        unwritten: { count: unwritten.count, amount: toCredits(unwritten.micro) },
        lots_ending_next_month: (ending?.rows ?? []).slice(0, LOTS_SHOWN_MAX).map(toExplainedLot),
        lots_complete: ending !== undefined && ending.rows.length <= LOTS_SHOWN_MAX,
        shortfalls_opened: { count: shortfalls.opened_count, amount: toCredits(shortfalls.opened_micro) },
        shortfalls_closed: { count: shortfalls.closed_count, amount: toCredits(shortfalls.closed_micro) },
      };
    });
  }

  /** The month of a name, if the account has a statement for it. @throws as `one` does */
  async month(account: AccountSqlRow, name: string): Promise<Month> {
    const month = readMonth(name);
    await this.uow.run(async (tx) => this.lifeWith(tx, account.account_id, month));
    return month;
  }

  private async lifeWith(tx: Tx, accountId: string, month: Month): Promise<LifeSqlRow> {
    const life = await this.queries.life(tx, accountId);
    if (life.began === null || month.to <= life.began || month.from > life.now) throw noStatement(month);
    return life;
  }

  /** One month's closing figures are the next one's opening figures because both are the figures before one moment. */
  private async summaries(
    tx: Tx,
    accountId: string,
    months: readonly Month[],
    life: LifeSqlRow,
  ): Promise<StatementSummary[]> {
    const bounds = months.flatMap(({ from, to }) => [from.toISOString(), to.toISOString()]);
    const found = await this.figures.before(tx, accountId, bounds);
    return months.map(({ name, from, to }, index) => {
      const [opening, closing] = [found[2 * index], found[2 * index + 1]];
      if (!opening || !closing) throw new Error('the figures of a month were not answered');
      return {
        month: name,
        from: from.toISOString(),
        to: to.toISOString(),
        final: life.now.getTime() >= to.getTime() + FINAL_AFTER_MS && closing.unwritten_count === 0,
        opening: toStatementFigures(opening),
        closing: toStatementFigures(closing),
      };
    });
  }
}

function toStatementFigures({ balance_micro, reserved_micro }: FiguresSqlRow): StatementFigures {
  return {
    balance: toCredits(balance_micro),
    reserved: toCredits(reserved_micro),
    available: toCredits(String(BigInt(balance_micro) - BigInt(reserved_micro))),
  };
}
