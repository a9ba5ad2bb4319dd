import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsInt, IsOptional, IsString, IsUUID, Matches, Max, MaxLength, Min } from 'class-validator';
import { LOT_KINDS, type LotKind } from '../billing-terms.ts';
import { IsExternalKey, IsInstant, IsPositiveCredits, IsReference, IsSignedCredits } from '../validators.ts';
import { CreditCommandRequest, ExtendReservationRequest } from './credit-commands.ts';

const AMOUNT = { oneOf: [{ type: 'number' }, { type: 'string' }] };

/** Burn order of lots: 0 first, 100 is ordinary. */
const LOT_PRIORITY_MAX = 1000;

/** Where credits that come in come to rest. */
class LotTerms extends CreditCommandRequest {
  @ApiProperty({ ...AMOUNT, description: 'Credits, more than 0' })
  @IsPositiveCredits()
  amount: number | string;

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

/** `grant` in a batch: credits by decision, not by payment. */
export class GrantCommand extends LotTerms {
  @ApiPropertyOptional({ enum: LOT_KINDS, default: 'promotional' })
  @IsOptional()
  @IsIn(LOT_KINDS)
  kind?: LotKind;
}

/** `purchase` in a batch: credits that were paid for. What was bought is credited once, whatever the key. */
export class PurchaseCommand extends LotTerms {
  @ApiProperty({ description: 'Kind of the purchase, for example `payment_intent`' })
  @IsReference()
  ref_type: string;

  @ApiProperty({ description: 'The purchase' })
  @IsReference()
  ref_id: string;
}

/** `adjust` in a batch: a correction either way. */
export class AdjustCommand extends CreditCommandRequest {
  @ApiProperty({ ...AMOUNT, description: 'Credits to give, or to take when below 0' })
  @IsSignedCredits()
  amount: number | string;

  @ApiProperty({ description: 'Why, in words' })
  @IsString()
  @Matches(/\S/, { message: 'reason must not be blank' })
  @MaxLength(1000)
  override reason: string;
}

/** `reverse` in a batch: undo one movement, never more than it moved. */
export class ReverseCommand extends CreditCommandRequest {
  @ApiProperty({ description: 'The movement, by its place in the account' })
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  seq: number;

  @ApiPropertyOptional({ ...AMOUNT, description: 'Undo only that much. Absent: all that is left of it' })
  @IsOptional()
  @IsPositiveCredits()
  amount?: number | string;
}

/** `transfer` in a batch: free credits go to another account and keep their kind, place and end. */
export class TransferCommand extends CreditCommandRequest {
  @ApiProperty({ ...AMOUNT, description: 'Credits, more than 0' })
  @IsPositiveCredits()
  amount: number | string;

  @ApiProperty({ example: 'v1:partner:78', description: 'Where the credits go' })
  @IsExternalKey()
  to_external_key: string;
}

/** `clawback` in a batch: take back what a purchase brought (a refund, a dispute). */
export class ClawbackCommand extends CreditCommandRequest {
  @ApiProperty({ description: 'Kind of the purchase' })
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

/** `extend` in a batch, where no path names the hold. */
export class ExtendCommand extends ExtendReservationRequest {
  @ApiProperty({ format: 'uuid' })
  @IsUUID()
  reservation_id: string;
}
