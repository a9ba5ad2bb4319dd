/** Accounts whose ids are between two, both included. */
export interface AccountRange {
  readonly first: string;
  readonly last: string;
}

/** One of the parts a ledger is checked in, counted from 0. */
export interface Turn {
  readonly turn: number;
  readonly turns: number;
}

/** Rows of the ledger checked against all rules by one statement each: some 200 ms of the database's work. */
const ROWS_PER_RANGE = 20_000;
/** Rows checked in one turn, while the ledger is small enough for all turns to pass in a day. */
const ROWS_PER_TURN = 200_000;
/** A turn comes every five minutes. */
export const TURN_MS = 5 * 60_000;
/** At most 2^8 turns, which pass in less than a day. */
const HALVINGS_MAX = 8;

export const EVERY_ACCOUNT: AccountRange = {
  first: '00000000-0000-0000-0000-000000000000',
  last: 'ffffffff-ffff-ffff-ffff-ffffffffffff',
};

/**
 * Whose turn it is at a moment. Any process says the same at the same time, so nobody has to remember a place. A larger
 * ledger is halved more often, and the part of a moment is always within the part it would be with fewer halvings: so
 * each account has its turn within the longest round, also while the number of turns changes.
 */
export function turnAt(now: Date, ledgerRows: number): Turn {
  const halvings = Math.min(HALVINGS_MAX, Math.max(0, Math.ceil(Math.log2(ledgerRows / ROWS_PER_TURN))));
  const slot = Math.floor(now.getTime() / TURN_MS);
  let turn = 0;
  // The lowest bit of the slot says which half, the next one which half of that.
  for (let halving = 0; halving < halvings; halving += 1) turn = turn * 2 + (Math.floor(slot / 2 ** halving) % 2);
  return { turn, turns: 2 ** halvings };
}

/**
 * The ranges of one turn, in order and side by side; those of all turns cover every possible account once. Account ids are
 * name-based UUIDs, spread evenly: equal parts of their numbers are equal parts of the accounts.
 */
export function rangesOf({ turn, turns }: Turn, ledgerRows: number): AccountRange[] {
  const perTurn = Math.max(1, Math.ceil(ledgerRows / turns / ROWS_PER_RANGE));
  return Array.from({ length: perTurn }, (_, index) => {
    const place = turn * perTurn + index;
    return {
      first: `${prefix(place / (turns * perTurn))}-0000-0000-0000-000000000000`,
      last: `${prefix((place + 1) / (turns * perTurn), -1)}-ffff-ffff-ffff-ffffffffffff`,
    };
  });
}

/** The first eight digits of the id that has this share of all ids before it. */
function prefix(share: number, step = 0): string {
  return (Math.floor(share * 2 ** 32) + step).toString(16).padStart(8, '0');
}

export function isWithin(range: AccountRange, outer: readonly AccountRange[]): boolean {
  return outer.some(({ first, last }) => first <= range.first && range.last <= last);
}
