import type { Type } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional, PartialType } from '@nestjs/swagger';
import {
  AccountStatus,
  ACCOUNT_STATUSES,
  BILLING_MODES,
  CreditFigures,
  MONITOR_WARNINGS,
  type AccountStatusName,
  type BillingMode,
  type MonitorWarning,
} from '@tandem/contracts';

/** What an account owes in one currency: open invoices, which are issued, sent or partially paid. */
export class OpenAmount {
  @ApiProperty({ description: 'ISO 4217' })
  currency: string;

  @ApiProperty({ description: 'Major units' })
  amount_due: number;

  @ApiProperty({ description: 'Minor units of the currency' })
  amount_due_cents: number;

  @ApiProperty()
  open_invoices: number;
}

/** One account on the monitor: V1's name for it, Studio's figures, V1's open amounts (CONTRACT 1.7). */
export class MonitorAccountRow {
  @ApiProperty({ enum: ['referral_channel', 'client'] })
  entity_type: 'referral_channel' | 'client';

  @ApiProperty()
  entity_id: number;

  @ApiProperty()
  display_name: string;

  @ApiProperty({ example: 'v1:partner:77' })
  external_key: string;

  @ApiProperty({ enum: BILLING_MODES, description: 'The default mode when Studio has not said' })
  billing_mode: BillingMode;

  @ApiProperty({ enum: ACCOUNT_STATUSES, description: 'ACTIVE when Studio has not said' })
  account_status: AccountStatusName;

  @ApiProperty({ type: CreditFigures, description: 'In credits; zeros when Studio has not said' })
  credit: CreditFigures;

  @ApiProperty({ enum: MONITOR_WARNINGS, isArray: true, description: 'Always in the order of the enumeration' })
  warnings: MonitorWarning[];

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'Last movement or event at Studio' })
  last_event_at: string | null;

  @ApiProperty({ description: 'False: the last call for this account failed; `studio.reason` says how' })
  studio_reachable: boolean;

  @ApiProperty({ type: String, nullable: true, description: 'Contains `HTTP 404` when nobody enrolled the account' })
  studio_status_error: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'When Studio gave these figures' })
  status_fetched_at: string | null;

  @ApiProperty({ type: Number, nullable: true, description: 'Age of the figures as this answer was made, seconds' })
  age_seconds: number | null;

  @ApiProperty({ description: 'Owed on open invoices in `currency`, major units' })
  amount_due: number;

  @ApiProperty({ description: 'The same in minor units' })
  amount_due_cents: number;

  @ApiProperty({ description: 'ISO 4217; the one with the most open invoices' })
  currency: string;

  @ApiProperty({ description: 'Open invoices in all currencies' })
  open_invoices: number;

  @ApiProperty({ type: [OpenAmount], description: 'Owed per currency; amounts of two currencies are never added up' })
  due_by_currency: OpenAmount[];
}

const AnyAccountStatus: Type<Partial<AccountStatus>> = PartialType(AccountStatus);

/** Status of an account as Studio gave it, or V1's defaults where nothing is known. */
export class MonitorAccountStatus extends AnyAccountStatus {
  @ApiProperty({ enum: BILLING_MODES })
  override billing_mode: BillingMode;

  @ApiProperty({ enum: ACCOUNT_STATUSES })
  override account_status: AccountStatusName;

  @ApiProperty({ description: 'Days an invoice may stay unpaid' })
  override payment_terms_days: number;

  @ApiProperty({ type: CreditFigures })
  override credit: CreditFigures;

  @ApiPropertyOptional({
    enum: ['v1_default'],
    description: 'Present when Studio has not said: these are V1’s defaults',
  })
  source?: 'v1_default';
}
