import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayMinSize, IsArray } from 'class-validator';
import { ACCOUNT_STATUSES, ACCOUNT_TYPES, BILLING_MODES } from '../billing-terms.ts';
import type { AccountStatusName, AccountType, BillingMode } from '../billing-terms.ts';
import { IsExternalKey } from '../validators.ts';

/** What an account has, in credits. `available` = `wallet` - `reserved` (CR-08). Expired holds count as free. */
export class CreditFigures {
  @ApiProperty()
  wallet: number;

  @ApiProperty()
  reserved: number;

  @ApiProperty()
  available: number;
}

/** Status of an enrolled account (CONTRACT 1.2). */
export class AccountStatus {
  @ApiProperty({ format: 'uuid' })
  account_id: string;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  tenant_id: string | null;

  @ApiProperty({ enum: ACCOUNT_TYPES })
  account_type: AccountType;

  @ApiProperty({ example: 'v1:partner:77' })
  external_key: string;

  @ApiProperty()
  display_name: string;

  @ApiProperty({ enum: ACCOUNT_STATUSES })
  account_status: AccountStatusName;

  @ApiProperty({ enum: BILLING_MODES })
  billing_mode: BillingMode;

  @ApiProperty({ description: 'Days an invoice may stay unpaid' })
  payment_terms_days: number;

  @ApiProperty({ enum: ['FLAT'] })
  credit_cost_model: 'FLAT';

  @ApiProperty({ example: 'INR' })
  currency: string;

  @ApiProperty()
  is_enabled: boolean;

  @ApiProperty({ type: CreditFigures })
  credit: CreditFigures;

  @ApiPropertyOptional({ type: String, format: 'date-time', nullable: true, description: 'Last movement or event' })
  last_event_at?: string | null;
}

/** `POST /v1/billing/accounts/statuses`: many accounts in one call. */
export class AccountStatusesRequest {
  @ApiProperty({ type: [String], maxItems: 500 })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(500)
  @IsExternalKey({ each: true })
  external_keys: string[];
}

/** One line of the bulk answer, in the order asked. */
export class AccountStatusesItem {
  @ApiProperty()
  external_key: string;

  @ApiProperty({ description: 'True when nobody enrolled the key' })
  not_enrolled: boolean;

  @ApiProperty({ type: AccountStatus, nullable: true })
  status: AccountStatus | null;
}

export class AccountStatusesAnswer {
  @ApiProperty({ type: [AccountStatusesItem] })
  statuses: AccountStatusesItem[];
}
