import type { AccountRange } from './account-ranges.ts';
import { ROWS_SHOWN_MAX, type InvariantFinding } from './invariant.queries.ts';
import { LEDGER_INVARIANTS } from './ledger-invariants.ts';

/** Places kept: a ledger that is broken in more is not understood better by more of them. */
const BROKEN_RANGES_MAX = 100;

/** Adds up what the rules came to over several ranges. */
export class FindingTally {
  private readonly byRule = new Map<string, InvariantFinding>(
    LEDGER_INVARIANTS.map((invariant) => [
      invariant.name,
      { invariant, offendingCount: 0, offendingRows: [], notChecked: null },
    ]),
  );
  private readonly broken = new Map<string, AccountRange>();

  add(range: AccountRange, findings: readonly InvariantFinding[]): void {
    for (const found of findings) {
      const before = this.byRule.get(found.invariant.name);
      this.byRule.set(found.invariant.name, {
        invariant: found.invariant,
        offendingCount: (before?.offendingCount ?? 0) + found.offendingCount,
        offendingRows: [...(before?.offendingRows ?? []), ...found.offendingRows].slice(0, ROWS_SHOWN_MAX),
        notChecked: before?.notChecked ?? found.notChecked,
      });
      for (const { account_id: account } of found.offendingRows) {
        // What names no account is looked for where it was found.
        const place = typeof account === 'string' ? { first: account, last: account } : range;
        if (this.broken.size < BROKEN_RANGES_MAX) this.broken.set(`${place.first} ${place.last}`, place);
      }
    }
  }

  /** One per rule, in the order of the rules. */
  get results(): InvariantFinding[] {
    return [...this.byRule.values()];
  }

  /** Where something was found. */
  get brokenRanges(): AccountRange[] {
    return [...this.broken.values()];
  }
}
