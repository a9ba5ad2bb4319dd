import { Injectable } from '@nestjs/common';
import { Clock } from '@tandem/platform/clock';
import { Pace } from '@tandem/platform/jobs/pace';
import { isWithin, rangesOf, turnAt, TURN_MS, type AccountRange, type Turn } from './account-ranges.ts';
import { FindingTally } from './finding-tally.ts';
import { InvariantQueries, type InvariantFinding } from './invariant.queries.ts';

/** Of the time a check takes, what the database works for it while somebody waits. */
const WORK_SHARE_WATCHED = 0.5;
/** Beside its turn a check looks at so many accounts that changed, for so long. */
const CHANGED_ACCOUNTS_MAX = 200;
const CHANGED_MS_MAX = 60_000;
/** Accounts with a longer past are left to their turn: looking at each is a matter of seconds. */
const CHANGED_ROWS_MAX = 20_000;
/** The time between two turns, and some more for transactions under way. */
const CHANGED_WITHIN_MINUTES = TURN_MS / 60_000 + 1;

/** What the rules came to. */
export interface InvariantCheck {
  /** False when the ledger is large and this was the part whose turn it is, with what changed lately. */
  readonly isWhole: boolean;
  /** One per rule, in the order of the rules. */
  readonly results: readonly InvariantFinding[];
}

/** Says which rows break a rule of the ledger. What it costs at a time does not grow with the ledger. */
@Injectable()
export class CheckInvariants {
  /** Looked at in every check until nothing is found there, so that a broken place does not wait for its turn. */
  private brokenRanges: readonly AccountRange[] = [];

  constructor(
    private readonly queries: InvariantQueries,
    private readonly clock: Clock,
  ) {}

  /** Every rule over every account, however long it takes. */
  async all(): Promise<InvariantCheck> {
    const rows = await this.queries.ledgerRows();
    const { turns } = turnAt(this.clock.now(), rows);
    const pace = new Pace(WORK_SHARE_WATCHED);
    const tally = new FindingTally();
    for (let turn = 0; turn < turns; turn += 1) await this.look(rangesOf({ turn, turns }, rows), pace, tally);
    return { isWhole: true, results: tally.results };
  }

  /** A small ledger whole; of a large one the part whose turn it is, and what changed lately. */
  async some(pace = new Pace(WORK_SHARE_WATCHED)): Promise<InvariantCheck> {
    const rows = await this.queries.ledgerRows();
    return this.inTurn(turnAt(this.clock.now(), rows), rows, pace);
  }

  /** One turn of several. */
  async inTurn(turn: Turn, ledgerRows: number, pace: Pace): Promise<InvariantCheck> {
    const until = performance.now() + CHANGED_MS_MAX;
    const ranges = rangesOf(turn, ledgerRows);
    const tally = new FindingTally();
    await this.look(ranges, pace, tally);
    const besides = [...this.brokenRanges, ...(turn.turns === 1 ? [] : await this.changed())];
    await this.look(
      besides.filter((range) => !isWithin(range, ranges)),
      pace,
      tally,
      until,
    );
    this.brokenRanges = tally.brokenRanges;
    return { isWhole: turn.turns === 1, results: tally.results };
  }

  private async changed(): Promise<AccountRange[]> {
    const accounts = await this.queries.changedAccounts(CHANGED_WITHIN_MINUTES, CHANGED_ROWS_MAX, CHANGED_ACCOUNTS_MAX);
    return accounts
      .map((account) => ({ first: account, last: account }))
      .filter((range) => !isWithin(range, this.brokenRanges));
  }

  private async look(
    ranges: readonly AccountRange[],
    pace: Pace,
    tally: FindingTally,
    until = Infinity,
  ): Promise<void> {
    for (const range of ranges) {
      if (pace.isOver || performance.now() > until) return;
      tally.add(range, await pace.step(() => this.queries.findings(range)));
    }
  }
}
