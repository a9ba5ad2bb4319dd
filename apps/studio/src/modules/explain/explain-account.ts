import { Injectable } from '@nestjs/common';
import type { Explanation } from '@tandem/contracts';
import { UnitOfWork, type Tx } from '@tandem/platform/database/unit-of-work';
import { ValidationError } from '@tandem/platform/errors';
import { encodeCursor } from '@tandem/platform/http/paging';
import { readInstant } from '../../http/instant.ts';
import type { AccountSqlRow } from '../accounts/account.convert.ts';
import { toCredits, toLedgerRow } from '../ledger/credits.convert.ts';
import { SearchLedger } from '../ledger/search-ledger.ts';
import { BookFiguresQueries } from './book-figures.queries.ts';
import { toExplainedHold, toExplainedLot, toFigure, toUnwrittenEnd } from './explanation.convert.ts';
import { ExplanationQueries, type MomentSqlRow } from './explanation.queries.ts';
import { FindOpenHolds } from './find-open-holds.ts';
import { LotsLeftQueries } from './lots-left.queries.ts';
import { sayExplanation } from './say-explanation.ts';
import { seeOneState } from './see-one-state.ts';

/** Movements summed by kind at most; older ones are one opening figure. */
const SUMMED_MAX = 10_000n;
/** Holds, lots and ends shown at most. */
const SHOWN_MAX = 200;

/** Says why the figures of an account were what they were at a moment. */
@Injectable()
export class ExplainAccount {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly figures: BookFiguresQueries,
    private readonly queries: ExplanationQueries,
    private readonly lots: LotsLeftQueries,
    private readonly openHolds: FindOpenHolds,
    private readonly search: SearchLedger,
  ) {}

  /**
   * @param at ISO 8601 with a zone; undefined: now
   * @param limit last movements to show
   * @throws ValidationError for a moment that is no time, or lies ahead
   */
  async run(account: AccountSqlRow, at: string | undefined, limit: number): Promise<Explanation> {
    const asked = at === undefined ? undefined : readInstant(at, 'at');
    const found = await this.uow.run(async (tx) => {
      await seeOneState(tx);
      const moment = await this.queries.moment(tx, account.account_id, asked);
      if (moment.is_future) throw new ValidationError([{ path: 'at', message: 'must not be in the future' }]);
      return this.explain(tx, account, moment);
    });
    // Rows never change: the last movements need not come from the same state of the database.
    const cursor = encodeCursor([String(found.last_seq + 1)]);
    const last = await this.search.page(account.account_id, {}, { limit, cursor });
    const explanation = { ...found, last_movements: last.items, next_cursor: last.next_cursor };
    return { ...explanation, sentences: sayExplanation(explanation) };
  }

  private async explain(
    tx: Tx,
    account: AccountSqlRow,
    moment: MomentSqlRow,
  ): Promise<Omit<Explanation, 'last_movements' | 'next_cursor' | 'sentences'>> {
    const id = account.account_id;
    const { before } = moment;
    const [figures] = await this.figures.before(tx, id, [before]);
    if (!figures) throw new Error('the figures of a moment were not answered');
    const openingSeq = BigInt(figures.seq) > SUMMED_MAX ? String(BigInt(figures.seq) - SUMMED_MAX) : '0';
    const opening = await this.queries.after(tx, id, openingSeq);
    const sums = await this.figures.sumsAfter(tx, id, { after: openingSeq, upTo: figures.seq, before });
    const holds = await this.openHolds.run(tx, id, figures, before);
    const position = { seq: figures.seq, headSeq: moment.head_seq, foldedSeq: moment.folded_seq, before };
    const lots = await this.lots.at(tx, id, position, SHOWN_MAX + 1);
    const late = await this.queries.lateEnds(tx, id, before, SHOWN_MAX);
    const unwritten = await this.queries.unwrittenEnds(tx, id, before, SHOWN_MAX);
    return {
      account_id: id,
      external_key: account.external_key,
      at: moment.at,
      billing_mode: moment.billing_mode,
      account_status: moment.account_status,
      overdraft_limit: toCredits(moment.overdraft_limit_micro),
      balance: toFigure(figures, opening, sums, 'balance'),
      reserved: toFigure(figures, opening, sums, 'reserved'),
      available: toCredits(String(BigInt(figures.balance_micro) - BigInt(figures.reserved_micro))),
      last_seq: Number(figures.seq),
      opening_seq: Number(openingSeq),
      holds: holds.rows.slice(0, SHOWN_MAX).map(toExplainedHold),
      holds_complete: holds.isComplete && holds.rows.length <= SHOWN_MAX,
      lots: (lots?.rows ?? []).slice(0, SHOWN_MAX).map(toExplainedLot),
      lots_complete: lots !== undefined && lots.rows.length <= SHOWN_MAX,
      overdraft_used: lots === undefined ? null : toCredits(lots.overdraftMicro),
      written_later: late.map(toLedgerRow),
      written_later_count: figures.late_count,
      unwritten: unwritten.map(toUnwrittenEnd),
      unwritten_count: figures.unwritten_count,
    };
  }
}
