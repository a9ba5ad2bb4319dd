import { isWithin, type AccountRange } from './account-ranges.ts';
import type { InvariantFinding } from './invariant.queries.ts';

/** Where a rule is broken or came to no end, and what the rules came to there when it was last looked at. */
export interface UnsoundPlace {
  readonly range: AccountRange;
  readonly findings: readonly InvariantFinding[];
}

/** Places kept: a ledger that is unsound in more is not understood better by more of them. */
const PLACES_MAX = 1000;

/** What checks found and no later look has found sound. Several checks at a time may add to it. */
export class UnsoundPlaces {
  private readonly places = new Map<string, UnsoundPlace>();

  /** The one that was looked at longest ago first. */
  get all(): UnsoundPlace[] {
    return [...this.places.values()];
  }

  within(range: AccountRange): UnsoundPlace[] {
    return this.all.filter((place) => isWithin(place.range, [range]));
  }

  /**
   * Keeps what a look at a range came to.
   * @param before `within` the range before the look began, which is forgotten. What another check found meanwhile stays:
   * this look may have been too early for it.
   */
  settle(range: AccountRange, findings: readonly InvariantFinding[], before: readonly UnsoundPlace[]): void {
    for (const place of before) {
      const key = keyOf(place.range);
      if (this.places.get(key) === place) this.places.delete(key);
    }
    for (const place of unsoundPlaces(range, findings)) {
      const key = keyOf(place.range);
      // Behind those that wait longer.
      this.places.delete(key);
      if (this.places.size < PLACES_MAX) this.places.set(key, place);
    }
  }
}

function keyOf({ first, last }: AccountRange): string {
  return `${first} ${last}`;
}

/** The accounts that were named; the range as a whole when that is not all there is to know. */
function unsoundPlaces(range: AccountRange, findings: readonly InvariantFinding[]): UnsoundPlace[] {
  const unsound = findings.filter(({ offendingCount, notChecked }) => offendingCount > 0 || notChecked !== null);
  if (unsound.length === 0) return [];
  const accounts = new Set(unsound.flatMap(({ offendingRows }) => offendingRows.map((row) => row.account_id)));
  const areAllNamed = unsound.every(
    ({ offendingCount, offendingRows, notChecked }) => notChecked === null && offendingCount === offendingRows.length,
  );
  const named = [...accounts].filter((account) => typeof account === 'string');
  if (!areAllNamed || named.length < accounts.size) return [{ range, findings: unsound }];
  return named.map((account) => ({
    range: { first: account, last: account },
    findings: unsound.map((finding) => ofAccount(finding, account)),
  }));
}

function ofAccount(finding: InvariantFinding, account: string): InvariantFinding {
  const offendingRows = finding.offendingRows.filter((row) => row.account_id === account);
  return { ...finding, offendingRows, offendingCount: offendingRows.length };
}
