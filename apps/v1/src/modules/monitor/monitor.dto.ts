import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  BILLING_MODES,
  LedgerRow,
  MONITOR_WARNINGS,
  ReservationRow,
  ServiceMeta,
  TimelineRow,
  type BillingMode,
  type MonitorWarning,
} from '@tandem/contracts';
import { Transform } from 'class-transformer';
import { IsBoolean, IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import { IsQueryInteger, IsText } from '../../http/fields.ts';
import { MonitorInvoiceRow } from '../invoices/invoice-rows.ts';
import { PaymentRow } from '../payments/payment-row.ts';
import type { StudioReason } from '../studio-link/studio-answer.ts';
import { MonitorAccountRow, MonitorAccountStatus } from './monitor-account.dto.ts';

export const ACCOUNTS_PER_PAGE_MAX = 500;

/** How the account list may be sorted, each in the one direction that is of use. */
export const ACCOUNT_SORTS = ['severity', 'display_name', 'available', 'amount_due', 'last_event_at'] as const;
export type AccountSort = (typeof ACCOUNT_SORTS)[number];

const REASONS: StudioReason[] = [
  'ok',
  'ignored_by_policy',
  'not_enrolled',
  'refused',
  'unreachable',
  'timeout',
  'overloaded',
  'token_rejected',
  'contract_mismatch',
  'bad_request',
];

const BOOLEANS: Readonly<Record<string, boolean>> = { true: true, '1': true, false: false, '0': false };

/** Query of the detail. */
export class MonitorDetailQuery {
  @ApiPropertyOptional({
    default: false,
    description:
      'Ask Studio now, past the cache, for this request only. One summary and one detail per user within 5 seconds',
  })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? (BOOLEANS[value] ?? value) : value))
  @IsBoolean()
  refresh: boolean = false;
}

/** Query of the summary. */
export class MonitorSummaryQuery extends MonitorDetailQuery {
  @ApiPropertyOptional({ minimum: 1, maximum: ACCOUNTS_PER_PAGE_MAX, default: ACCOUNTS_PER_PAGE_MAX })
  @IsOptional()
  @IsQueryInteger({ min: 1, max: ACCOUNTS_PER_PAGE_MAX })
  limit: number = ACCOUNTS_PER_PAGE_MAX;

  @ApiPropertyOptional({ description: '`next_cursor` of the page before, with the same sort' })
  @IsOptional()
  @IsString()
  @MaxLength(1024)
  cursor?: string;

  @ApiPropertyOptional({ maxLength: 100, description: 'Accounts whose name or key contains this text' })
  @IsOptional()
  @IsText({ min: 0, max: 100 })
  q?: string;

  @ApiPropertyOptional({ enum: BILLING_MODES })
  @IsOptional()
  @IsIn(BILLING_MODES)
  mode?: BillingMode;

  @ApiPropertyOptional({ enum: MONITOR_WARNINGS })
  @IsOptional()
  @IsIn(MONITOR_WARNINGS)
  warning?: MonitorWarning;

  @ApiPropertyOptional({
    enum: ACCOUNT_SORTS,
    default: 'severity',
    description: 'Worst first, by name, least available first, most owed first, latest event first',
  })
  @IsOptional()
  @IsIn(ACCOUNT_SORTS)
  sort: AccountSort = 'severity';
}

/** An invoice on the monitor, with the exact amount beside the number existing pages read. */
export class MonitorInvoice extends MonitorInvoiceRow {
  @ApiProperty({ description: 'Total with tax, minor units of the currency' })
  amount_cents: number;
}

export class V1Identity {
  @ApiProperty({ example: 'tandem-v1' })
  app: string;

  @ApiProperty()
  version: string;

  @ApiProperty({ example: 'production' })
  environment: string;

  @ApiProperty({ enum: BILLING_MODES })
  default_billing_mode: BillingMode;
}

/** How the link to Studio is, as this instance sees it. */
export class StudioConnection {
  @ApiProperty()
  base_url: string;

  @ApiProperty({
    description: 'Studio can be worked with. False as well when it rejects our token; `token_rejected` then says so',
  })
  reachable: boolean;

  @ApiProperty({ enum: REASONS, description: 'How the last call ended; `ok` when nothing failed' })
  reason: StudioReason;

  @ApiProperty({ description: 'Studio answers, but refuses our service token: its figures cannot be read' })
  token_rejected: boolean;

  @ApiProperty({ type: ServiceMeta, nullable: true, description: 'Last good answer of Studio’s `/v1/meta`' })
  studio_meta: ServiceMeta | null;

  @ApiProperty({ type: Number, nullable: true, description: 'Time the last good `/v1/meta` took, milliseconds' })
  latency_ms: number | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'Last call Studio answered well' })
  last_ok_at: string | null;

  @ApiProperty({ type: Number, nullable: true, description: 'Age of the oldest figures on this page, seconds' })
  cache_age_seconds: number | null;

  @ApiProperty({ description: 'Figures younger than this are shown without asking again, seconds' })
  cache_ttl_seconds: number;

  @ApiProperty({ type: String, nullable: true, description: 'Technical text of what failed; null when nothing did' })
  error: string | null;

  @ApiProperty({
    description: 'Studio did not answer and old figures are shown: `Studio unavailable, showing cached data`',
  })
  show_cached_banner: boolean;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Where V1 settles its books with Studio: decisions taken without an answer, and their verdicts',
  })
  reconcile_endpoint: string | null;
}

/** What V1 still has to tell Studio. */
export class OutboxBacklog {
  @ApiProperty()
  pending: number;

  @ApiProperty({ description: 'Rows Studio will not take; each waits for an operator' })
  parked: number;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  oldest_pending_at: string | null;
}

/** Decisions taken without Studio that have no verdict yet. */
export class OpenDecisions {
  @ApiProperty()
  open: number;

  @ApiProperty({ description: 'Credits at stake in them' })
  open_exposure: number;
}

export class OutageDecisions {
  @ApiProperty()
  open: number;

  @ApiProperty()
  honoured: number;

  @ApiProperty()
  would_have_been_refused: number;

  @ApiProperty()
  mode_differed: number;

  @ApiProperty()
  already_applied: number;
}

export class MonitorOutage {
  @ApiProperty()
  id: number;

  @ApiProperty({ description: 'How the first failed call ended' })
  reason: string;

  @ApiProperty({ format: 'date-time' })
  started_at: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'Null: not over' })
  ended_at: string | null;

  @ApiProperty({ type: OutageDecisions, description: 'Decisions taken during it, by verdict' })
  decisions: OutageDecisions;

  @ApiProperty({ description: 'Credits decided on' })
  amount: number;

  @ApiProperty({ description: 'Credits Studio would have refused' })
  refused_amount: number;
}

export class ModeCounts {
  @ApiProperty()
  POSTPAID: number;

  @ApiProperty()
  CREDIT: number;
}

export class WarningCounts {
  @ApiProperty()
  insufficient_credits: number;

  @ApiProperty()
  studio_unreachable: number;

  @ApiProperty()
  studio_cached: number;

  @ApiProperty()
  not_enrolled: number;
}

/** Accounts that match `q`, whatever the other filters. */
export class AccountCounts {
  @ApiProperty()
  accounts: number;

  @ApiProperty({ type: ModeCounts })
  mode: ModeCounts;

  @ApiProperty({ type: WarningCounts })
  warning: WarningCounts;
}

/** `GET /v1/admin/billing-monitor/summary` */
export class MonitorSummary {
  @ApiProperty({ description: 'Which process answered; each keeps a cache of its own' })
  instance: string;

  @ApiProperty({ type: V1Identity })
  v1_meta: V1Identity;

  @ApiProperty({ type: StudioConnection })
  studio: StudioConnection;

  @ApiProperty({ type: [MonitorAccountRow] })
  accounts: MonitorAccountRow[];

  @ApiProperty({ type: AccountCounts })
  counts: AccountCounts;

  @ApiProperty({ type: String, nullable: true, description: 'Null on the last page of accounts' })
  next_cursor: string | null;

  @ApiProperty({ type: [MonitorInvoice], description: 'Newest 30' })
  v1_invoices: MonitorInvoice[];

  @ApiProperty({ type: [PaymentRow], description: 'Newest 30' })
  v1_payments: PaymentRow[];

  @ApiProperty({ type: OutboxBacklog })
  outbox: OutboxBacklog;

  @ApiProperty({ type: OpenDecisions })
  decisions: OpenDecisions;

  @ApiProperty({ type: [MonitorOutage], description: 'Newest 5' })
  outages: MonitorOutage[];
}

/** How one read from Studio ended. */
export class CollectionStatus {
  @ApiProperty()
  reachable: boolean;

  @ApiProperty({ description: 'The rows are from an earlier answer' })
  stale: boolean;

  @ApiProperty({ type: String, nullable: true })
  error: string | null;

  @ApiProperty({ enum: REASONS })
  reason: StudioReason;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'When Studio gave the rows' })
  fetched_at: string | null;
}

export class CollectionStatuses {
  @ApiProperty({ type: CollectionStatus })
  reservations: CollectionStatus;

  @ApiProperty({ type: CollectionStatus })
  ledger: CollectionStatus;

  @ApiProperty({ type: CollectionStatus })
  timeline: CollectionStatus;
}

export class DetailStudioStatus extends CollectionStatus {
  @ApiProperty({ example: 'v1:partner:77' })
  external_key: string;

  @ApiProperty({ description: 'Studio answers, but refuses our service token' })
  token_rejected: boolean;

  @ApiProperty({ type: MonitorAccountStatus })
  status: MonitorAccountStatus;
}

/** What Studio said, with everything that looks like a secret taken out. */
export class DetailRawJson {
  @ApiProperty({ type: Object, nullable: true })
  status: Record<string, unknown> | null;

  @ApiProperty({ type: [Object] })
  reservations: Record<string, unknown>[];

  @ApiProperty({ type: [Object] })
  ledger: Record<string, unknown>[];

  @ApiProperty({ type: [Object] })
  timeline: Record<string, unknown>[];
}

/** `GET /v1/admin/billing-monitor/account/{external_key}` */
export class MonitorAccountDetail {
  @ApiProperty()
  instance: string;

  @ApiProperty({ example: 'v1:partner:77' })
  external_key: string;

  @ApiProperty({ enum: ['referral_channel', 'client', 'assignment', 'invoice', 'channel'] })
  entity_type: string;

  @ApiProperty({ type: Number, nullable: true, description: 'Null when the id in the key is not a number' })
  entity_id: number | null;

  @ApiProperty({ type: String, nullable: true, description: 'Null when V1 has no such partner or client' })
  display_name: string | null;

  @ApiProperty({ enum: MONITOR_WARNINGS, isArray: true })
  warnings: MonitorWarning[];

  @ApiProperty({ type: DetailStudioStatus })
  studio_status: DetailStudioStatus;

  @ApiProperty({ type: [ReservationRow], description: 'Newest 50' })
  reservations: ReservationRow[];

  @ApiProperty({ type: [LedgerRow], description: 'Newest 50' })
  ledger: LedgerRow[];

  @ApiProperty({ type: [TimelineRow], description: 'Newest 50' })
  timeline: TimelineRow[];

  @ApiProperty({ type: [MonitorInvoice], description: 'Newest 30 of the account' })
  v1_invoices: MonitorInvoice[];

  @ApiProperty({ type: [PaymentRow], description: 'Newest 30 of the account' })
  v1_payments: PaymentRow[];

  @ApiProperty({ type: CollectionStatuses })
  studio_collection_status: CollectionStatuses;

  @ApiProperty({ type: DetailRawJson })
  raw_json: DetailRawJson;
}
