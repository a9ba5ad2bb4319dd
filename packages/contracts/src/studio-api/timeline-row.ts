import { ApiProperty } from '@nestjs/swagger';

/** Where a timeline row comes from. */
export const TIMELINE_SOURCES = [
  'CREDITS_LEDGER',
  'CREDITS_DECISION',
  'USAGE_V1',
  'USAGE_V2',
  'ACCOUNT_POLICY',
  'BALANCE_ALERT',
] as const;
export type TimelineSource = (typeof TIMELINE_SOURCES)[number];

/** One thing that happened to an account, newest first (CONTRACT 1.4). */
export class TimelineRow {
  @ApiProperty()
  id: string;

  @ApiProperty({ format: 'date-time', description: 'Same as `received_at`: the order of the list' })
  timestamp: string;

  @ApiProperty({ format: 'date-time', description: 'When it happened, as its source says' })
  occurred_at: string;

  @ApiProperty({ format: 'date-time', description: 'When Studio stored it' })
  received_at: string;

  @ApiProperty({ enum: TIMELINE_SOURCES })
  source: TimelineSource;

  @ApiProperty({ format: 'uuid' })
  account_id: string;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  tenant_id: string | null;

  @ApiProperty({ description: 'Ledger kind, event name, policy change, or alert' })
  event_type: string;

  @ApiProperty({ type: String, nullable: true })
  ref_type: string | null;

  @ApiProperty({ type: String, nullable: true })
  ref_id: string | null;

  @ApiProperty({ type: Number, nullable: true, description: 'Credits moved, signed as on the ledger' })
  amount: number | null;

  @ApiProperty({ type: String, nullable: true })
  idempotency_key: string | null;

  @ApiProperty({ type: Object })
  payload_json: Record<string, unknown>;
}
