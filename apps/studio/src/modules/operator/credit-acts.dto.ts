import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  IsCredits,
  IsExternalKey,
  IsIdempotencyKey,
  IsInstant,
  IsPositiveCredits,
  IsReference,
  LedgerRow,
  LOT_KINDS,
  Receipt,
  ReservationRow,
  ShortfallRow,
  type LotKind,
  IsSignedCredits,
} from '@tandem/contracts';
import { IsIn, IsInt, IsOptional, IsString, Matches, Max, MaxLength, Min } from 'class-validator';
import { ChangeAccountRequest } from '../accounts/operator-account.dto.ts';

const AMOUNT = { oneOf: [{ type: 'number' }, { type: 'string' }] };

/** Burn order of lots: 0 first, 100 is ordinary. */
const LOT_PRIORITY_MAX = 1000;
/** Longest a hold may live on: one year, in minutes. */
const EXPIRES_IN_MINUTES_MAX = 525_600;

/** What every act needs: why, and a name for ever. */
export class CreditActRequest {
  @ApiProperty({ description: 'Why, in words; kept with the row and in the audit trail' })
  @IsString()
  @Matches(/\S/, { message: 'reason must not be blank' })
  @MaxLength(1000)
  reason: string;

  @ApiPropertyOptional({ description: 'Names the act for ever. May be given as the Idempotency-Key header instead' })
  @IsOptional()
  @IsIdempotencyKey()
  idempotency_key?: string;
}

/** `POST /v1/operator/accounts/{external_key}/grants` */
export class GrantCreditsRequest extends CreditActRequest {
  @ApiProperty({ ...AMOUNT, description: 'Credits, more than 0' })
  @IsPositiveCredits()
  amount: number | string;

  @ApiPropertyOptional({
    enum: LOT_KINDS,
    description: 'Where the credits come from; promotional ones are burnt first',
  })
  @IsOptional()
  @IsIn(LOT_KINDS)
  kind?: LotKind;

  @ApiPropertyOptional({ minimum: 0, maximum: LOT_PRIORITY_MAX, description: 'Place in the burn order, low first' })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(LOT_PRIORITY_MAX)
  priority?: number;

  @ApiPropertyOptional({ format: 'date-time', description: 'When what is left of these credits ends. Absent: never' })
  @IsOptional()
  @IsInstant()
  expires_at?: string;
}

/** `POST /v1/operator/accounts/{external_key}/adjustments` */
export class AdjustCreditsRequest extends CreditActRequest {
  @ApiProperty({ ...AMOUNT, description: 'Credits to give, or to take when below 0' })
  @IsSignedCredits()
  amount: number | string;
}

/** `POST /v1/operator/accounts/{external_key}/reversals` */
export class ReverseEntryRequest extends CreditActRequest {
  @ApiProperty({ minimum: 1, description: 'The movement to undo, by its place in the account (`seq` of its row)' })
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  seq: number;

  @ApiPropertyOptional({ ...AMOUNT, description: 'Undo only that much. Absent: all that is left of it' })
  @IsOptional()
  @IsPositiveCredits()
  amount?: number | string;
}

/** `POST /v1/operator/accounts/{external_key}/transfers` */
export class TransferCreditsRequest extends CreditActRequest {
  @ApiProperty({ example: 'v1:partner:78', description: 'Where the credits go' })
  @IsExternalKey()
  to_external_key: string;

  @ApiProperty({ ...AMOUNT, description: 'Credits, more than 0' })
  @IsPositiveCredits()
  amount: number | string;
}

/** `POST /v1/operator/accounts/{external_key}/clawbacks` */
export class ClawBackRequest extends CreditActRequest {
  @ApiProperty({ description: 'Kind of the purchase whose credits are taken back' })
  @IsReference()
  ref_type: string;

  @ApiProperty({ description: 'The purchase' })
  @IsReference()
  ref_id: string;

  @ApiPropertyOptional({ ...AMOUNT, description: 'Take only that much. Absent: all that was bought' })
  @IsOptional()
  @IsPositiveCredits()
  amount?: number | string;
}

/** `POST /v1/operator/accounts/{external_key}/reservations/{id}/consume` */
export class ConsumeHoldRequest extends CreditActRequest {
  @ApiPropertyOptional({ ...AMOUNT, description: 'Default: what is held. Less gives the rest back' })
  @IsOptional()
  @IsPositiveCredits()
  amount?: number | string;
}

/** `POST /v1/operator/accounts/{external_key}/reservations/{id}/extend` */
export class ExtendHoldRequest extends CreditActRequest {
  @ApiProperty({ minimum: 1, maximum: EXPIRES_IN_MINUTES_MAX, description: 'New time to live, from now' })
  @IsInt()
  @Min(1)
  @Max(EXPIRES_IN_MINUTES_MAX)
  expires_in_minutes: number;
}

/** `POST /v1/operator/accounts/{external_key}/overdraft-limit` */
export class ChangeOverdraftLimitRequest extends ChangeAccountRequest {
  @ApiProperty({ ...AMOUNT, description: 'Credits that may be used beyond what is there; 0 ends the overdraft' })
  @IsCredits()
  overdraft_limit: number | string;
}

/** A grant: the row of the movement, and its receipt. */
export class GrantAnswer extends LedgerRow {
  @ApiProperty({ type: Receipt })
  receipt: Receipt;
}

/** What came of an act. */
export class CreditActAnswer {
  @ApiProperty({
    enum: ['POSTED', 'IGNORED', 'SHORTFALL', 'EXTENDED', 'PENDING'],
    description: 'IGNORED: decided postpaid, nothing moves. PENDING: a clawback waits for holds to end',
  })
  status: string;

  @ApiProperty({ type: LedgerRow, nullable: true, description: 'The movement; null when nothing moved' })
  entry: LedgerRow | null;

  @ApiProperty({ type: ReservationRow, nullable: true })
  reservation: ReservationRow | null;

  @ApiProperty({ type: ShortfallRow, nullable: true })
  shortfall: ShortfallRow | null;

  @ApiProperty({ type: Receipt })
  receipt: Receipt;
}
