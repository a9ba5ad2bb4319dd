import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsExternalKey } from '@tandem/contracts';
import { IsIn, IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { PageQuery } from '../../http/account-activity.dto.ts';
import { ACT_OPERATIONS, type ActOperation } from './operator-act.ts';

/** APPROVED: decided, and about to be done. REFUSED: approved, but the ledger or the account's state said no. */
export const APPROVAL_STATUSES = ['PENDING', 'APPROVED', 'EXECUTED', 'REFUSED', 'REJECTED', 'EXPIRED'] as const;
export type ApprovalStatus = (typeof APPROVAL_STATUSES)[number];

/** An act that needs a second person. */
export class ApprovalRow {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ enum: APPROVAL_STATUSES })
  status: ApprovalStatus;

  @ApiProperty({ enum: ACT_OPERATIONS })
  act: ActOperation;

  @ApiProperty({ example: 'v1:partner:77' })
  external_key: string;

  @ApiProperty({ description: 'Credits at stake' })
  amount: number;

  @ApiProperty({ type: Object, description: 'What exactly would be done; amounts are decimal strings of credits' })
  details: Record<string, unknown>;

  @ApiProperty()
  reason: string;

  @ApiProperty()
  idempotency_key: string;

  @ApiProperty()
  requested_by: string;

  @ApiProperty({ format: 'date-time' })
  requested_at: string;

  @ApiProperty({ format: 'date-time', description: 'Until when somebody may decide' })
  expires_at: string;

  @ApiProperty({ type: String, nullable: true })
  decided_by: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  decided_at: string | null;

  @ApiProperty({ type: String, nullable: true })
  decision_reason: string | null;

  @ApiProperty({ type: String, format: 'uuid', nullable: true, description: 'Row of the movement, once it is made' })
  entry_id: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'Why it was not done, when status is REFUSED' })
  refusal_code: string | null;
}

/** One page of requests, newest first. */
export class ApprovalsPage {
  @ApiProperty({ type: [ApprovalRow] })
  items: ApprovalRow[];

  @ApiProperty({ type: String, nullable: true, description: 'Null on the last page' })
  next_cursor: string | null;
}

/** `GET /v1/operator/approvals` */
export class ApprovalListQuery extends PageQuery {
  @ApiPropertyOptional({ enum: APPROVAL_STATUSES })
  @IsOptional()
  @IsIn(APPROVAL_STATUSES)
  status?: ApprovalStatus;

  @ApiPropertyOptional({ example: 'v1:partner:77' })
  @IsOptional()
  @IsExternalKey()
  external_key?: string;
}

/** `POST /v1/operator/approvals/{id}/approve` and `/reject` */
export class DecideApprovalRequest {
  @ApiProperty({ description: 'Why, in words; kept for ever' })
  @IsString()
  @MaxLength(1000)
  @Matches(/\S/, { message: 'reason must not be blank' })
  reason: string;
}
