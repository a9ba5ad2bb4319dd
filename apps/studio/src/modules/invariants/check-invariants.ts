import { Injectable } from '@nestjs/common';
import { Clock } from '@tandem/platform/clock';
import { Pace } from '@tandem/platform/jobs/pace';
import { isWithin, rangesOf, turnAt, TURN_MS, type AccountRange, type Turn } from './account-ranges.ts';
import { FindingTally } from './finding-tally.ts';
import { InvariantQueries, type InvariantFinding } from './invariant.queries.ts';
import { UnsoundPlaces } from './unsound-places.ts';

/** Of the time a check takes, what the database works for it while somebody waits. */
const WORK_SHARE_WATCHED = 0.5;
/** After its turn a check looks at what was found before, and at so many accounts that changed, for so long. */
const CHANGED_ACCOUNTS_MAX = 200;
const BESIDES_MS_MAX = 60_000;
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
  private readonly unsound = new UnsoundPlaces();

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
    for (let turn = 0; turn < turns; turn += 1) {
      for (const range of rangesOf({ turn, turns }, rows)) await this.look(range, pace, tally);
    }
    return { isWhole: true, results: tally.results };
  }

  /** A small ledger whole; of a large one the part whose turn it is, and what changed lately. */
  async some(pace = new Pace(WORK_SHARE_WATCHED)): Promise<InvariantCheck> {
    const rows = await this.queries.ledgerRows();
    return this.inTurn(turnAt(this.clock.now(), rows), rows, pace);
  }

  /** One turn of several. */
  async inTurn(turn: Turn, ledgerRows: number, pace: Pace): Promise<InvariantCheck> {
    const ranges = rangesOf(turn, ledgerRows);
    const tally = new FindingTally();
    for (const range of ranges) {
      if (pace.isOver) break;
      await this.look(range, pace, tally);
    }
    const until = performance.now() + BESIDES_MS_MAX;
    const before = this.unsound.all.filter((place) => !isWithin(place.range, ranges));
    for (const place of before) {
      // What there is no time for is told as it was last seen: nobody has found it sound.
      if (pace.isOver || performance.now() > until) tally.add(place.findings);
      else await this.look(place.range, pace, tally);
    }
    const known = [...ranges, ...before.map(({ range }) => range)];
    for (const range of turn.turns === 1 ? [] : await this.changed(known)) {
      if (pace.isOver || performance.now() > until) break;
      await this.look(range, pace, tally);
    }
    return { isWhole: turn.turns === 1, results: tally.results };
  }

  /** Accounts that changed lately, outside ranges that were looked at. */
  private async changed(known: readonly AccountRange[]): Promise<AccountRange[]> {
    const accounts = await this.queries.changedAccounts(CHANGED_WITHIN_MINUTES, CHANGED_ROWS_MAX, CHANGED_ACCOUNTS_MAX);
    return accounts.map((account) => ({ first: account, last: account })).filter((range) => !isWithin(range, known));
  }

  /** Kept at once: a check that fails later has found what it found. */
  private async look(range: AccountRange, pace: Pace, tally: FindingTally): Promise<void> {
    await pace.step(async () => {
      const before = this.unsound.within(range);
      const findings = await this.queries.findings(range);
      this.unsound.settle(range, findings, before);
      tally.add(findings);
    });
  }
}
