import { createHash } from 'node:crypto';
import { fromMicroCredits, type BillingMode, type Credits } from '@tandem/contracts';

/** What a switch of the billing mode depends on, read at one moment. */
export interface ModeState {
  readonly version: number;
  readonly billingMode: BillingMode;
  readonly accountStatus: string;
  readonly balance: Credits;
  readonly reserved: Credits;
  readonly overdraftLimit: Credits;
  /** Head of the account's ledger. */
  readonly seq: number;
  readonly openHolds: WorkInFlight;
  /** Work left to the invoice that is neither delivered nor cancelled. */
  readonly ignoredWork: WorkInFlight;
}

/** Pieces of work, counted; `digest` stands for each of them. */
export interface WorkInFlight {
  readonly count: number;
  readonly credits: Credits;
  /** Pieces whose amount nobody told Studio: they came before the account was enrolled. */
  readonly withoutAmount: number;
  readonly digest: string;
}

/** One piece of past work, as it was in the end: given back in full is none. */
export interface PastWork {
  readonly at: Date;
  readonly amount: Credits;
}

/** How past work would have been paid. */
export interface BackTest {
  readonly held: { readonly count: number; readonly credits: Credits };
  readonly refused: { readonly count: number; readonly credits: Credits };
  readonly invoiced: { readonly count: number; readonly credits: Credits };
  readonly firstRefusedAt: Date | null;
}

/** Digest over everything a plan was made on: an equal digest later means that nothing of it has changed. */
export function planDigestOf(accountId: string, target: BillingMode, state: ModeState): string {
  const { openHolds, ignoredWork } = state;
  const seen = [
    accountId,
    target,
    state.version,
    state.billingMode,
    state.accountStatus,
    state.balance.toString(),
    state.reserved.toString(),
    state.overdraftLimit.toString(),
    state.seq,
    openHolds.count,
    openHolds.digest,
    ignoredWork.count,
    ignoredWork.digest,
  ];
  return createHash('sha256').update(JSON.stringify(seen)).digest('hex');
}

/** True when somebody has to look first: a switch changes what happens to work that is under way. */
export function needsPlan({ openHolds, ignoredWork }: ModeState): boolean {
  return openHolds.count > 0 || ignoredWork.count > 0;
}

/**
 * Goes through past work in its order, as if it came now. In CREDIT mode each piece is held as long as `available`
 * lasts; one that does not fit is refused and leaves what is there to the next.
 */
export function backTest(work: readonly PastWork[], target: BillingMode, available: Credits): BackTest {
  let left: bigint = available;
  let firstRefusedAt: Date | null = null;
  const sums = {
    held: { count: 0, credits: 0n },
    refused: { count: 0, credits: 0n },
    invoiced: { count: 0, credits: 0n },
  };
  for (const { at, amount } of work) {
    const way = target === 'POSTPAID' ? 'invoiced' : amount <= left ? 'held' : 'refused';
    sums[way].count += 1;
    sums[way].credits += amount;
    if (way === 'held') left -= amount;
    if (way === 'refused') firstRefusedAt ??= at;
  }
  const exact = ({ count, credits }: { count: number; credits: bigint }) => ({
    count,
    credits: fromMicroCredits(credits),
  });
  return { held: exact(sums.held), refused: exact(sums.refused), invoiced: exact(sums.invoiced), firstRefusedAt };
}
