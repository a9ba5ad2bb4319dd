import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsObject, IsOptional, IsUUID } from 'class-validator';
import { SOURCE_SYSTEMS, type SourceSystem } from '../billing-terms.ts';
import type { ErrorCode } from '../error-codes.ts';
import { IsEventType, IsExternalKey, IsIdempotencyKey, IsInstant } from '../validators.ts';
import { Receipt } from './receipt.ts';

/** Most events or commands one array request may carry. */
export const ITEMS_PER_REQUEST_MAX = 500;

/** One fact sent to `POST /v1/billing/events`, alone or in an array. One of the two account fields is required. */
export class BillingEventRequest {
  @ApiProperty({ enum: SOURCE_SYSTEMS })
  @IsIn(SOURCE_SYSTEMS)
  source_system: SourceSystem;

  @ApiProperty({ example: 'invoice_issued' })
  @IsEventType()
  event_type: string;

  @ApiPropertyOptional({ format: 'uuid' })
  @IsOptional()
  @IsUUID()
  account_id?: string;

  @ApiPropertyOptional({ example: 'v1:partner:77' })
  @IsOptional()
  @IsExternalKey()
  external_account_key?: string;

  @ApiPropertyOptional({ type: Object, description: 'Typed per event type; unknown fields are kept' })
  @IsOptional()
  @IsObject()
  payload_json?: Record<string, unknown>;

  @ApiPropertyOptional({ description: 'Unique per account and source. May be given as the Idempotency-Key header' })
  @IsOptional()
  @IsIdempotencyKey()
  idempotency_key?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'When it happened at the sender, with its zone' })
  @IsOptional()
  @IsInstant()
  occurred_at?: string;
}

/** A stored event. `account_id` is null until the account is enrolled. */
export class BillingEventRow {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ enum: ['V1', 'V2'] })
  source_system: 'V1' | 'V2';

  @ApiProperty()
  event_type: string;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  account_id: string | null;

  @ApiProperty()
  external_account_key: string;

  @ApiProperty({ type: Object })
  payload_json: Record<string, unknown>;

  @ApiProperty()
  idempotency_key: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  occurred_at: string | null;

  @ApiProperty({ format: 'date-time' })
  created_at: string;

  @ApiProperty({ type: Receipt })
  receipt: Receipt;
}

/** Outcome of one item of an array: the stored row, or the code and text of its refusal. */
export class BillingEventOutcome {
  @ApiProperty({ description: 'HTTP status the item would have had alone' })
  status: number;

  @ApiPropertyOptional({ type: BillingEventRow })
  event?: BillingEventRow;

  @ApiPropertyOptional({ type: String })
  code?: ErrorCode;

  @ApiPropertyOptional()
  detail?: string;
}

/** Answer to an array: one outcome per item, in the order sent. */
export class BillingEventOutcomes {
  @ApiProperty({ type: [BillingEventOutcome] })
  outcomes: BillingEventOutcome[];
}
