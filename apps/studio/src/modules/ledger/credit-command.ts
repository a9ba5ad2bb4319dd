import { hash } from 'node:crypto';
import type { Credits, ErrorCode, LotKind } from '@tandem/contracts';
import type { LedgerSqlRow, ReservationSqlRow, ShortfallSqlRow } from './credits.convert.ts';

/** What may be asked of the ledger. `expire` and `expire_lots` are the sweeper's. */
export type CreditOperation =
  | 'grant'
  | 'purchase'
  | 'reserve'
  | 'extend'
  | 'consume'
  | 'release'
  | 'charge'
  | 'adjust'
  | 'reverse'
  | 'transfer'
  | 'clawback'
  | 'recover'
  | 'expire'
  | 'expire_lots';

/** The client of commands that Studio gives itself: ends of holds and lots. */
export const SWEEPER = 'studio';

/**
 * One command for the ledger, validated. The idempotency scope is (account, client, operation, key); everything in
 * `CreditCommand` that a caller can choose is part of the request's digest.
 */
export interface CreditCommand {
  readonly accountId: string;
  readonly operation: CreditOperation;
  /** Service behind the token, or `operator`; rotation of a token does not change it. */
  readonly client: string;
  readonly idempotencyKey: string;
  /** Credits; negative only for an `adjust` that takes. Optional for consume, release, reverse and clawback: all of it. */
  readonly amount?: Credits | undefined;
  /** The work of a reserve, consume, release or charge; for purchase and clawback what was bought. */
  readonly refType?: string | undefined;
  readonly refId?: string | undefined;
  readonly acceptance?: number | undefined;
  readonly reservationId?: string | undefined;
  /** Time to live of a hold, from the row's time: for reserve and extend. */
  readonly expiresInMinutes?: number | undefined;
  readonly settleWithoutHold?: boolean | undefined;
  /** Lot made by a grant or purchase: its kind, its place in the burn order (low first), its end. */
  readonly lotKind?: LotKind | undefined;
  readonly lotPriority?: number | undefined;
  readonly lotExpiresAt?: Date | undefined;
  /** The ledger row a `reverse` undoes, by its place in the account. */
  readonly reversesSeq?: number | undefined;
  /** Where a `transfer` goes. */
  readonly toAccountId?: string | undefined;
  /** The shortfall a `recover` pays. */
  readonly shortfallId?: string | undefined;
  /** Who asked, for the audit trail. Not part of the digest: a retry may be sent on another person's behalf. */
  readonly actor?: string | undefined;
  readonly reason?: string | undefined;
}

/** What the ledger decided about one command. */
export interface CommandOutcome {
  /**
   * POSTED moved something; IGNORED, REFUSED and SHORTFALL moved nothing and are stored, as are EXTENDED (a hold has
   * more time) and PENDING (a clawback waits for holds to end); REJECTED stored nothing, so the same key may be tried
   * again; SWEPT answers the sweeper.
   */
  readonly outcome: 'POSTED' | 'IGNORED' | 'REFUSED' | 'SHORTFALL' | 'EXTENDED' | 'PENDING' | 'REJECTED' | 'SWEPT';
  readonly replayed?: boolean;
  readonly code?: ErrorCode | null;
  /** Head of the account's ledger when the command was decided. */
  readonly seq?: number | null;
  readonly settled_micro?: string | null;
  readonly entry?: LedgerSqlRow | null;
  readonly unposted?: UnpostedOutcome | null;
  readonly reservation?: ReservationSqlRow | null;
  readonly shortfall?: ShortfallSqlRow | null;
}

/** The stored answer to a command that moved nothing. */
export interface UnpostedOutcome {
  readonly details: {
    required_micro?: string;
    available_micro?: string;
    reservation_id?: string;
    pending_micro?: string;
  };
  readonly ref_type: string | null;
  readonly ref_id: string | null;
  readonly acceptance: number | null;
  readonly created_at: string;
}

/** Commands account by account, each in the order given: accounts are independent, order matters within one. */
export function byAccount<Item extends { readonly command: CreditCommand }>(items: readonly Item[]): Item[][] {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(item.command.accountId);
    if (group) group.push(item);
    else groups.set(item.command.accountId, [item]);
  }
  return [...groups.values()];
}

/**
 * Digest over the named, validated fields: `5`, `5.0` and `"5"` credits are one request (RELIABILITY I5). None of them
 * can hold a line break, so no two requests make one text.
 */
export function digestOf(command: CreditCommand): string {
  const named = `${command.operation}
${command.accountId}
${command.amount ?? ''}
${command.refType ?? ''}
${command.refId ?? ''}
${command.acceptance ?? ''}
${command.reservationId ?? ''}
${command.expiresInMinutes ?? ''}
${command.settleWithoutHold ?? false}
${command.lotKind ?? ''}
${command.lotPriority ?? ''}
${command.lotExpiresAt?.toISOString() ?? ''}
${command.reversesSeq ?? ''}
${command.toAccountId ?? ''}
${command.shortfallId ?? ''}`;
  return hash('sha256', named);
}
