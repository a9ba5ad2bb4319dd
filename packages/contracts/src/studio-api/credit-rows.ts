import type { Type } from '@nestjs/common';
import { ApiProperty, PartialType } from '@nestjs/swagger';
import {
  LEDGER_KINDS,
  RESERVATION_STATUSES,
  SHORTFALL_STATUSES,
  type LedgerKind,
  type ReservationStatus,
  type ShortfallStatus,
} from '../billing-terms.ts';
import { Receipt } from './receipt.ts';

/** A hold on credits. Amounts are JSON numbers in credits. */
export class ReservationRow {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  tenant_id: string | null;

  @ApiProperty({ format: 'uuid' })
  account_id: string;

  @ApiProperty({ description: 'Credits held at first' })
  amount: number;

  @ApiProperty({ description: 'Credits held now: less than `amount` once a part was released, 0 when the hold ended' })
  held_amount: number;

  @ApiProperty({ enum: RESERVATION_STATUSES, description: 'State now. A hold past `expires_at` reads as EXPIRED' })
  status: ReservationStatus;

  @ApiProperty()
  ref_type: string;

  @ApiProperty()
  ref_id: string;

  @ApiProperty({ description: 'Which acceptance of the work the hold belongs to, from 1' })
  acceptance: number;

  @ApiProperty()
  idempotency_key: string;

  @ApiProperty({ format: 'date-time' })
  created_at: string;

  @ApiProperty({ format: 'date-time' })
  expires_at: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  consumed_at: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  released_at: string | null;
}

/** One movement in the append-only ledger. Amounts are JSON numbers in credits. */
export class LedgerRow {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ description: 'Position in the account, from 1, without gaps' })
  seq: number;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  tenant_id: string | null;

  @ApiProperty({ format: 'uuid' })
  account_id: string;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  reservation_id: string | null;

  @ApiProperty({ description: 'Effect on the balance; for RESERVE and RELEASE the effect on what is available' })
  delta: number;

  @ApiProperty()
  balance_delta: number;

  @ApiProperty()
  reserved_delta: number;

  @ApiProperty()
  balance_after: number;

  @ApiProperty()
  reserved_after: number;

  @ApiProperty({ enum: LEDGER_KINDS, description: 'Kind of movement' })
  reason: LedgerKind;

  @ApiProperty({ type: String, nullable: true })
  ref_type: string | null;

  @ApiProperty({ type: String, nullable: true })
  ref_id: string | null;

  @ApiProperty()
  idempotency_key: string;

  @ApiProperty({ type: Object, description: 'Who and why: acting_user, reason, client' })
  metadata_json: Record<string, unknown>;

  @ApiProperty({ format: 'date-time' })
  created_at: string;

  @ApiProperty({ format: 'date-time', description: 'Time the movement counts from; an expiry carries its deadline' })
  effective_at: string;
}

/** A charge that was due and could not be covered: never a negative wallet, never a lost charge. */
export class ShortfallRow {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ format: 'uuid' })
  account_id: string;

  @ApiProperty({ description: 'Credits that could not be taken' })
  amount: number;

  @ApiProperty({ enum: SHORTFALL_STATUSES })
  status: ShortfallStatus;

  @ApiProperty()
  ref_type: string;

  @ApiProperty()
  ref_id: string;

  @ApiProperty()
  acceptance: number;

  @ApiProperty({ format: 'date-time' })
  created_at: string;
}

/** Said instead of a movement when policy, not funds, decided: nothing moved (CR-06). */
export class IgnoredByPolicy {
  @ApiProperty({ enum: ['IGNORED'] })
  status: 'IGNORED';

  @ApiProperty({ enum: ['BILLING_MODE_NOT_CREDIT'] })
  reason: 'BILLING_MODE_NOT_CREDIT';

  @ApiProperty({ format: 'uuid' })
  account_id: string;

  @ApiProperty()
  ref_type: string;

  @ApiProperty()
  ref_id: string;

  @ApiProperty()
  acceptance: number;

  @ApiProperty()
  idempotency_key: string;

  @ApiProperty({ format: 'date-time' })
  created_at: string;

  @ApiProperty({ type: Receipt })
  receipt: Receipt;
}

/** Answer to a reserve that was held: the reservation and a receipt. */
export class ReserveAnswer extends ReservationRow {
  @ApiProperty({ type: Receipt })
  receipt: Receipt;
}

const LedgerRowWhenMoved: Type<Partial<LedgerRow>> = PartialType(LedgerRow);

/**
 * Answer to a consume or release: the ledger row of the movement, plus what became of the hold. When nothing was
 * available at all, the whole charge is one shortfall and the row's fields are absent.
 */
export class SettlementAnswer extends LedgerRowWhenMoved {
  @ApiProperty({ enum: ['CONSUMED', 'RELEASED', 'SHORTFALL'], description: 'SHORTFALL: some or all was not covered' })
  status: 'CONSUMED' | 'RELEASED' | 'SHORTFALL';

  @ApiProperty({ description: 'Credits taken from the wallet by this command' })
  settled_amount: number;

  @ApiProperty({ type: ReservationRow, nullable: true })
  reservation: ReservationRow | null;

  @ApiProperty({ type: ShortfallRow, nullable: true })
  shortfall: ShortfallRow | null;

  @ApiProperty({ type: Receipt })
  receipt: Receipt;
}

/** Answer to a command that is no hold and no settlement: what moved, and what is left to be done. */
export class CreditMovementAnswer {
  @ApiProperty({
    enum: ['POSTED', 'SHORTFALL', 'EXTENDED', 'PENDING'],
    description: 'PENDING: a clawback waits for holds to end. SHORTFALL: all of it was spent and can only be asked for',
  })
  status: 'POSTED' | 'SHORTFALL' | 'EXTENDED' | 'PENDING';

  @ApiProperty({ type: LedgerRow, nullable: true, description: 'The movement; null when nothing moved' })
  entry: LedgerRow | null;

  @ApiProperty({ type: ReservationRow, nullable: true })
  reservation: ReservationRow | null;

  @ApiProperty({ type: ShortfallRow, nullable: true })
  shortfall: ShortfallRow | null;

  @ApiProperty({ type: Receipt })
  receipt: Receipt;
}
