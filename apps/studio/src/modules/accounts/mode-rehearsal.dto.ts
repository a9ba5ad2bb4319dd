import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { BILLING_MODES, type BillingMode } from '@tandem/contracts';
import { IsIn, IsOptional, Matches } from 'class-validator';

/** `GET /v1/operator/accounts/{external_key}/mode/rehearsal` */
export class ModeRehearsalQuery {
  @ApiProperty({ enum: BILLING_MODES, description: 'The mode to switch to' })
  @IsIn(BILLING_MODES)
  billing_mode: BillingMode;

  @ApiPropertyOptional({
    type: Number,
    default: 30,
    minimum: 1,
    maximum: 90,
    description: 'Days of past work to test with',
  })
  @IsOptional()
  @Matches(/^([1-9]|[1-8][0-9]|90)$/, { message: 'days must be a whole number from 1 to 90' })
  days?: string;
}

/** A piece of work that is under way. */
export class WorkInFlightRow {
  @ApiProperty()
  ref_type: string;

  @ApiProperty()
  ref_id: string;

  @ApiProperty()
  acceptance: number;

  @ApiProperty({ type: Number, nullable: true, description: 'Credits; null when nobody told Studio' })
  amount: number | null;

  @ApiProperty({ format: 'date-time' })
  since: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'End of the hold' })
  expires_at: string | null;
}

/** Pieces of work, counted, and the oldest of them by name. */
export class WorkInFlightSum {
  @ApiProperty()
  count: number;

  @ApiProperty({ description: 'Credits, of the pieces whose amount is known' })
  credits: number;

  @ApiProperty({ description: 'Pieces whose amount nobody told Studio' })
  without_amount: number;

  @ApiProperty({ type: [WorkInFlightRow], description: 'The oldest, at most 50' })
  first: WorkInFlightRow[];
}

/** Pieces of past work and their credits. */
export class PastWorkSum {
  @ApiProperty()
  count: number;

  @ApiProperty()
  credits: number;
}

/** How the work of the last days would have been paid, had it come now and in the new mode. */
export class ModeBackTest {
  @ApiProperty()
  days: number;

  @ApiProperty({ description: 'False: there was more work than was looked at' })
  is_complete: boolean;

  @ApiProperty({ type: PastWorkSum, description: 'Held from what is available now' })
  held: PastWorkSum;

  @ApiProperty({ type: PastWorkSum, description: 'Refused: what is available now would not have lasted' })
  refused: PastWorkSum;

  @ApiProperty({ type: PastWorkSum, description: 'Left to the invoice' })
  invoiced: PastWorkSum;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  first_refused_at: string | null;
}

/** What a switch of the billing mode would mean. Nothing is changed by asking. */
export class ModeRehearsal {
  @ApiProperty({ enum: BILLING_MODES, description: 'Mode now' })
  from: BillingMode;

  @ApiProperty({ enum: BILLING_MODES })
  to: BillingMode;

  @ApiProperty({ description: 'Give it to the switch: 409 `stale_plan` once anything seen here has changed' })
  plan_digest: string;

  @ApiProperty({ description: 'True when the switch needs `plan_digest`: holds are open or work is in flight' })
  plan_required: boolean;

  @ApiProperty({ description: 'Version of the account' })
  version: number;

  @ApiProperty({ description: 'Credits for new work, overdraft not counted' })
  available: number;

  @ApiProperty()
  overdraft_limit: number;

  @ApiProperty({ description: 'True when the switch is refused without force: CREDIT with nothing available' })
  needs_force: boolean;

  @ApiProperty({ type: WorkInFlightSum, description: 'Holds that live on, whatever the mode, until they are settled' })
  open_holds: WorkInFlightSum;

  @ApiProperty({ type: WorkInFlightSum, description: 'Work left to the invoice that has not ended; it stays postpaid' })
  work_in_flight: WorkInFlightSum;

  @ApiProperty({ description: 'Credits it would take to hold the work in flight, were it accepted again' })
  holds_needed: number;

  @ApiProperty({ description: 'True when available and overdraft cover `holds_needed`' })
  holds_covered: boolean;

  @ApiProperty({ type: ModeBackTest })
  back_test: ModeBackTest;
}
