import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  ACCOUNT_TYPES,
  AccountStatus,
  BILLING_MODES,
  IsExternalKey,
  type AccountType,
  type BillingMode,
} from '@tandem/contracts';
import {
  IsBoolean,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  IsUUID,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator';

/** Longest time an invoice may stay unpaid, in days. */
const PAYMENT_TERMS_DAYS_MAX = 365;
const REASON_LENGTH_MAX = 1000;

/** An account as operators see it. `account_status` UNENROLLED: only events came so far. */
export class OperatorAccount extends AccountStatus {
  @ApiProperty({ description: 'Counts every policy change; send it back to refuse an edit of something older' })
  version: number;

  @ApiProperty({ description: 'Credits that may be used beyond what is there' })
  overdraft_limit: number;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  enrolled_at: string | null;

  @ApiProperty({ format: 'date-time' })
  created_at: string;
}

/** `POST /v1/operator/accounts` */
export class EnrolAccountRequest {
  @ApiProperty({ example: 'v1:partner:77' })
  @IsExternalKey()
  external_key: string;

  @ApiProperty()
  @IsString()
  @IsNotEmpty()
  @MaxLength(200)
  display_name: string;

  @ApiPropertyOptional({ enum: ACCOUNT_TYPES, default: 'EXTERNAL_ASSOCIATE' })
  @IsOptional()
  @IsIn(ACCOUNT_TYPES)
  account_type?: AccountType;

  @ApiPropertyOptional({ type: String, format: 'uuid', nullable: true })
  @IsOptional()
  @IsUUID()
  tenant_id?: string | null;

  @ApiPropertyOptional({ default: 15, description: 'Days an invoice may stay unpaid' })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(PAYMENT_TERMS_DAYS_MAX)
  payment_terms_days?: number;

  @ApiPropertyOptional({ default: 'INR', description: 'ISO 4217' })
  @IsOptional()
  @Matches(/^[A-Z]{3}$/, { message: 'currency must be three capital letters' })
  currency?: string;

  @ApiPropertyOptional({ enum: BILLING_MODES, default: 'POSTPAID' })
  @IsOptional()
  @IsIn(BILLING_MODES)
  billing_mode?: BillingMode;

  @ApiPropertyOptional({ description: 'Why, in words; kept in the history' })
  @IsOptional()
  @IsString()
  @MaxLength(REASON_LENGTH_MAX)
  reason?: string;
}

/** A policy change: why, and which version the operator looked at. */
export class ChangeAccountRequest {
  @ApiProperty({ description: 'Why, in words; kept in the history' })
  @IsString()
  @Matches(/\S/, { message: 'reason must not be blank' })
  @MaxLength(REASON_LENGTH_MAX)
  reason: string;

  @ApiPropertyOptional({ description: 'Version the change is based on. Absent: the newest' })
  @IsOptional()
  @IsInt()
  @Min(1)
  version?: number;
}

/** `POST /v1/operator/accounts/{external_key}/mode` */
export class ChangeBillingModeRequest extends ChangeAccountRequest {
  @ApiProperty({ enum: BILLING_MODES })
  @IsIn(BILLING_MODES)
  billing_mode: BillingMode;

  @ApiPropertyOptional({ default: false, description: 'Switch to CREDIT although nothing is available' })
  @IsOptional()
  @IsBoolean()
  force?: boolean;

  @ApiPropertyOptional({
    description: '`plan_digest` of the rehearsal. Required when holds are open or work is in flight',
  })
  @IsOptional()
  @Matches(/^[0-9a-f]{64}$/, { message: 'plan_digest must be the one a rehearsal gave' })
  plan_digest?: string;
}

/** `POST /v1/operator/accounts/{external_key}/payment-terms` */
export class ChangePaymentTermsRequest extends ChangeAccountRequest {
  @ApiProperty({ minimum: 1, maximum: PAYMENT_TERMS_DAYS_MAX })
  @IsInt()
  @Min(1)
  @Max(PAYMENT_TERMS_DAYS_MAX)
  payment_terms_days: number;
}
