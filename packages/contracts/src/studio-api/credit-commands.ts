import { ApiPropertyOptional, ApiProperty } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsInt, IsOptional, IsString, IsUUID, Max, MaxLength, Min } from 'class-validator';
import { IsIdempotencyKey, IsPositiveCredits, IsReference } from '../validators.ts';
import { AccountSelector } from './account-selector.ts';

const AMOUNT = { oneOf: [{ type: 'number' }, { type: 'string' }] };

/** Longest a hold may live: one year, in minutes. */
const EXPIRES_IN_MINUTES_MAX = 525_600;

/** Fields every credit command carries. */
export class CreditCommandRequest extends AccountSelector {
  @ApiPropertyOptional({
    description:
      'Names the effect for ever: the same key with the same request answers the first outcome. May be given as the Idempotency-Key header instead',
  })
  @IsOptional()
  @IsIdempotencyKey()
  idempotency_key?: string;

  @ApiPropertyOptional({ description: 'Person the calling service acts for; kept in the audit trail' })
  @IsOptional()
  @IsString()
  @MaxLength(255)
  acting_user?: string;

  @ApiPropertyOptional({ description: 'Why, in words; kept in the audit trail' })
  @IsOptional()
  @IsString()
  @MaxLength(1000)
  reason?: string;
}

/** A command about work that is accepted, delivered or dropped. */
class WorkCommand extends CreditCommandRequest {
  @ApiPropertyOptional({
    description: 'Which acceptance of the referenced work this is, from 1; a re-approval counts on. Kept with the hold',
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  acceptance?: number;
}

/** `POST /v1/billing/credits/reserve`: hold credits for a piece of work. */
export class ReserveCreditsRequest extends WorkCommand {
  @ApiPropertyOptional({ ...AMOUNT, default: 1, description: 'Credits to hold, more than 0' })
  @IsOptional()
  @IsPositiveCredits()
  amount?: number | string;

  @ApiProperty({ example: 'commission_request' })
  @IsReference()
  ref_type: string;

  @ApiProperty({ example: '42' })
  @IsReference()
  ref_id: string;

  @ApiPropertyOptional({ default: 1440, description: 'Time to live of the hold, in minutes' })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(EXPIRES_IN_MINUTES_MAX)
  expires_in_minutes?: number;

  @ApiPropertyOptional({
    description: 'Accepted for older clients and kept with the command. It never makes a wallet negative',
  })
  @IsOptional()
  @IsBoolean()
  operator_override?: boolean;
}

/** Fields of a command that ends a hold: by reservation, or by reference. One of the two is required. */
class SettlementCommand extends WorkCommand {
  @ApiPropertyOptional({ format: 'uuid' })
  @IsOptional()
  @IsUUID()
  reservation_id?: string;

  @ApiPropertyOptional()
  @IsOptional()
  @IsReference()
  ref_type?: string;

  @ApiPropertyOptional()
  @IsOptional()
  @IsReference()
  ref_id?: string;
}

/** `POST /v1/billing/credits/consume`: charge for delivered work. */
export class ConsumeCreditsRequest extends SettlementCommand {
  @ApiPropertyOptional({
    ...AMOUNT,
    description:
      'Credits to charge. Default: what is held. Less releases the rest; more takes the excess from available',
  })
  @IsOptional()
  @IsPositiveCredits()
  amount?: number | string;

  @ApiPropertyOptional({
    enum: ['settle'],
    description:
      '`settle`: without a live hold, take `amount` from available and record what cannot be covered as a shortfall. Absent: 404',
  })
  @IsOptional()
  @IsIn(['settle'])
  on_missing_hold?: 'settle';
}

/** `POST /v1/billing/credits/release`: give a hold back, or a part of it. */
export class ReleaseCreditsRequest extends SettlementCommand {
  @ApiPropertyOptional({ ...AMOUNT, description: 'Credits to give back; the rest stays held. Default: all of it' })
  @IsOptional()
  @IsPositiveCredits()
  amount?: number | string;
}

/** `POST /v1/billing/credits/reservations/{id}/extend`: more time for a hold. */
export class ExtendReservationRequest extends CreditCommandRequest {
  @ApiProperty({ description: 'Time to live from now, in minutes. A hold never loses time it has' })
  @IsInt()
  @Min(1)
  @Max(EXPIRES_IN_MINUTES_MAX)
  expires_in_minutes: number;
}

/** `POST /v1/billing/credits/charge`: take credits for usage, all or nothing. */
export class ChargeCreditsRequest extends CreditCommandRequest {
  @ApiProperty({ ...AMOUNT, description: 'Credits to take, more than 0' })
  @IsPositiveCredits()
  amount: number | string;

  @ApiPropertyOptional({ description: 'What was used, for the row' })
  @IsOptional()
  @IsReference()
  ref_type?: string;

  @ApiPropertyOptional()
  @IsOptional()
  @IsReference()
  ref_id?: string;
}
