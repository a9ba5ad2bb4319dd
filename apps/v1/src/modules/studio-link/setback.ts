import type { AccountHead, SealMark } from '@tandem/contracts';
import type { LaneRowKind } from './lane-rows.queries.ts';

/** Why V1 says that Studio's ledger went back; `asked_for` when a person says so. */
export type SetbackReason = 'outcome_lost' | 'head_went_back' | 'seal_differs' | 'another_ledger' | 'asked_for';

/** An outcome Studio gave and stored, by the key it was asked for under. */
export interface HeldOutcome {
  readonly kind: LaneRowKind;
  readonly idempotencyKey: string;
}

/** What V1 holds of an account, from its receipts. */
export interface HeldHead {
  readonly accountKey: string;
  readonly incarnation: string;
  readonly ledgerSeq: number | null;
  readonly eventSeq: number | null;
  readonly seal: SealMark | null;
  /** The newest outcome; older ones are there if this one is, for a lane gets its outcomes one after the other. */
  readonly newest: HeldOutcome | null;
  /** Setbacks this account has had: who acts on this reading must find the same number under the lane's lock. */
  readonly setbacks: number;
}

/** What Studio has of it now. */
export type FoundHead = Pick<AccountHead, 'account_seq' | 'event_seq' | 'known' | 'digest_at' | 'last_seal'> & {
  readonly incarnation: string;
};

/**
 * Whether Studio's ledger of an account is an earlier or another one than V1 had receipts from; null: it is the same.
 * The key tells for certain what became of V1's own rows, also when the head has moved on since; heads and seals tell
 * of rows that others wrote.
 */
export function setbackOf(held: HeldHead, found: FoundHead): Exclude<SetbackReason, 'asked_for'> | null {
  if (found.known === false) return 'outcome_lost';
  if (found.account_seq < (held.ledgerSeq ?? 0) || found.event_seq < (held.eventSeq ?? 0)) return 'head_went_back';
  if (held.seal !== null && found.digest_at !== held.seal.digest) return 'seal_differs';
  return found.incarnation === held.incarnation ? null : 'another_ledger';
}
