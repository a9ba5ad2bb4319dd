import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { BILLING_MODES, CreditFigures, IsPositiveCredits, type BillingMode } from '@tandem/contracts';
import { IsBoolean, IsIn, IsInt, IsOptional, Min, ValidateIf } from 'class-validator';
import { IsRowId, IsText } from '../../http/fields.ts';
import { KeysetQuery } from '../../http/keyset-query.ts';
import { CURRENCIES, type Currency } from '../../money/currency.ts';
import { IsMoney } from '../../money/money.validators.ts';
import { COMMISSION_STATES, type CommissionState } from './commission.ts';

export class SubmitCommissionBody {
  @ApiProperty({ maxLength: 200 })
  @IsText({ max: 200 })
  title: string;

  @ApiPropertyOptional({
    type: Number,
    nullable: true,
    description: 'Referral channel; pays before the client does. Left out: the partner of the assignment',
  })
  @IsOptional()
  @IsRowId()
  partner_id?: number | null;

  @ApiPropertyOptional({ type: Number, nullable: true, description: 'Left out: the client of the assignment' })
  @IsOptional()
  @IsRowId()
  client_id?: number | null;

  @ApiPropertyOptional({ type: Number, nullable: true })
  @IsOptional()
  @IsRowId()
  assignment_id?: number | null;

  @ApiPropertyOptional({ type: String, nullable: true, example: '1180.00', description: 'Fees in major units' })
  @IsOptional()
  @IsMoney()
  fees?: string | null;

  @ApiPropertyOptional({ enum: CURRENCIES, default: 'INR' })
  @IsOptional()
  @IsIn(CURRENCIES)
  currency?: Currency;

  @ApiPropertyOptional({
    oneOf: [{ type: 'number' }, { type: 'string' }],
    default: 1,
    description: 'Credits the work costs on an account in credit mode',
  })
  @IsOptional()
  @IsPositiveCredits()
  credit_cost?: number | string;
}

export class EditCommissionBody {
  @ApiProperty({ minimum: 1, description: 'Version the editor saw; an older one is 409 `stale_version`' })
  @IsInt()
  @Min(1)
  version: number;

  @ApiPropertyOptional({ maxLength: 200 })
  @ValidateIf((_, value) => value !== undefined)
  @IsText({ max: 200 })
  title?: string;

  @ApiPropertyOptional({ type: Number, nullable: true, description: 'Does not change who pays once approved' })
  @IsOptional()
  @IsRowId()
  partner_id?: number | null;

  @ApiPropertyOptional({ type: Number, nullable: true })
  @IsOptional()
  @IsRowId()
  client_id?: number | null;
}

class StepBody {
  @ApiPropertyOptional({ minimum: 1, description: 'Version the person saw; an older one is 409 `stale_version`' })
  @IsOptional()
  @IsInt()
  @Min(1)
  version?: number;
}

export class ApproveCommissionBody extends StepBody {
  @ApiPropertyOptional({ default: false, description: 'Accept although credits are missing; needs a reason' })
  @IsOptional()
  @IsBoolean()
  override?: boolean;

  @ApiPropertyOptional({ maxLength: 1000 })
  @IsOptional()
  @IsText({ max: 1000, multiline: true })
  reason?: string;
}

export class ReasonBody extends StepBody {
  @ApiProperty({ maxLength: 1000, description: 'Why; on the timeline and in the audit trail' })
  @IsText({ max: 1000, multiline: true })
  reason: string;
}

export class ResubmitCommissionBody extends StepBody {
  @ApiPropertyOptional({ maxLength: 1000 })
  @IsOptional()
  @IsText({ max: 1000, multiline: true })
  reason?: string;
}

export class DeliverCommissionBody extends StepBody {
  @ApiPropertyOptional({ maxLength: 128, description: 'Document that was handed over' })
  @IsOptional()
  @IsText({ max: 128 })
  document_id?: string;
}

export class CommissionsQuery extends KeysetQuery {
  @ApiPropertyOptional({ enum: COMMISSION_STATES })
  @IsOptional()
  @IsIn(COMMISSION_STATES)
  state?: CommissionState;
}

/** How the hold behind a commission stands. */
export const FUNDING_STATES = ['none', 'queued', 'held', 'ignored', 'not_enrolled', 'refused', 'parked'] as const;
export type FundingState = (typeof FUNDING_STATES)[number];

export class CommissionFunding {
  @ApiProperty({ enum: FUNDING_STATES, description: '`queued`: the reserve waits for Studio; `ignored`: postpaid' })
  state: FundingState;

  @ApiProperty({ type: String, nullable: true, description: 'Code Studio gave, when it refused' })
  code: string | null;
}

export class CommissionBody {
  @ApiProperty()
  id: number;

  @ApiProperty()
  title: string;

  @ApiProperty({ type: Number, nullable: true })
  partner_id: number | null;

  @ApiProperty({ type: Number, nullable: true })
  client_id: number | null;

  @ApiProperty({ type: Number, nullable: true })
  assignment_id: number | null;

  @ApiProperty({ type: String, nullable: true, description: 'Decimal string, major units' })
  fees: string | null;

  @ApiProperty({ enum: CURRENCIES })
  currency: Currency;

  @ApiProperty({ description: 'Credits' })
  credit_cost: number;

  @ApiProperty({ enum: COMMISSION_STATES })
  state: CommissionState;

  @ApiProperty({ type: String, nullable: true, description: 'Account that pays, stamped at the first approval' })
  external_key: string | null;

  @ApiProperty({ description: 'Approvals so far that asked for a hold' })
  acceptance: number;

  @ApiProperty({ type: CommissionFunding })
  funding: CommissionFunding;

  @ApiProperty({ description: 'Approved although credits were missing' })
  override: boolean;

  @ApiProperty({ type: String, nullable: true })
  decision_reason: string | null;

  @ApiProperty()
  version: number;

  @ApiProperty({ format: 'date-time' })
  created_at: string;

  @ApiProperty({ format: 'date-time' })
  updated_at: string;
}

export class CommissionTimelineEntry {
  @ApiProperty()
  event: string;

  @ApiProperty()
  actor: string;

  @ApiProperty({ type: String, nullable: true })
  reason: string | null;

  @ApiProperty({ type: Object })
  details: Record<string, unknown>;

  @ApiProperty({ format: 'date-time' })
  at: string;
}

export class CommissionDetailBody extends CommissionBody {
  @ApiProperty({ type: [CommissionTimelineEntry] })
  timeline: CommissionTimelineEntry[];
}

export class CommissionsPage {
  @ApiProperty({ type: [CommissionBody] })
  commissions: CommissionBody[];

  @ApiProperty({ type: String, nullable: true })
  next_cursor: string | null;
}

/** Studio's part of a step, for the person who took it. */
export class StudioPart {
  @ApiProperty({ description: '`ok`, `ignored_by_policy`, `not_enrolled`, `refused`, `unreachable`, `timeout`, …' })
  reason: string;

  @ApiProperty({ description: 'False: it waits in the lane and is in the decision book' })
  settled: boolean;
}

export class CommissionStepBody extends CommissionBody {
  @ApiProperty({ type: StudioPart, nullable: true, description: 'Null when Studio did not have to be asked' })
  studio: StudioPart | null;
}

export class CommissionCredit {
  @ApiProperty()
  total: number;

  @ApiProperty()
  reserved: number;

  @ApiProperty()
  available: number;
}

export class CommissionBillingStatus {
  @ApiProperty()
  commission_id: number;

  @ApiProperty({ type: Number, nullable: true })
  partner_id: number | null;

  @ApiProperty()
  account_key: string;

  @ApiProperty({ enum: BILLING_MODES })
  billing_mode: BillingMode;

  @ApiProperty()
  account_status: string;

  @ApiProperty({ type: CommissionCredit })
  credit: CommissionCredit;

  @ApiProperty()
  can_use_credits: boolean;

  @ApiProperty()
  insufficient_credits: boolean;
}

export class ApprovalGate {
  @ApiProperty({ description: 'True disables approving without an override' })
  shut: boolean;

  @ApiProperty({ type: String, nullable: true })
  reason: string | null;

  @ApiProperty({ description: 'Credits that are missing' })
  shortfall: number;
}

export class ApprovalRow extends CommissionBody {
  @ApiProperty({ description: 'Account that would pay' })
  account_key: string;

  @ApiProperty({ enum: BILLING_MODES, description: 'The default mode when Studio has not said' })
  billing_mode: BillingMode;

  @ApiProperty()
  account_status: string;

  @ApiProperty({ type: CreditFigures })
  credit: CreditFigures;

  @ApiProperty({ description: "Whether the figures are Studio's current answer" })
  fresh: boolean;

  @ApiProperty({ type: Number, nullable: true })
  age_seconds: number | null;

  @ApiProperty()
  not_enrolled: boolean;

  @ApiProperty({ type: ApprovalGate })
  gate: ApprovalGate;
}

export class ApprovalsStudio {
  @ApiProperty()
  reachable: boolean;

  @ApiProperty({ type: String, nullable: true })
  reason: string | null;
}

export class ApprovalsBody {
  @ApiProperty({ type: [ApprovalRow] })
  approvals: ApprovalRow[];

  @ApiProperty({ type: ApprovalsStudio })
  studio: ApprovalsStudio;
}
