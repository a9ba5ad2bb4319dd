import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsInstant } from '@tandem/contracts';
import { IsIn, IsOptional, IsString, IsUUID, MaxLength } from 'class-validator';
import { PageQuery } from '../../http/account-activity.dto.ts';
import { AUDIT_PHASES, type AuditPhase } from './audit-entry.ts';

/** `GET /v1/operator/audit` */
export class AuditListQuery extends PageQuery {
  @ApiPropertyOptional({ description: 'E-mail address of a person, or client of a service' })
  @IsOptional()
  @IsString()
  @MaxLength(254)
  actor?: string;

  @ApiPropertyOptional({ example: 'grant' })
  @IsOptional()
  @IsString()
  @MaxLength(200)
  act?: string;

  @ApiPropertyOptional({ enum: AUDIT_PHASES })
  @IsOptional()
  @IsIn(AUDIT_PHASES)
  phase?: AuditPhase;

  @ApiPropertyOptional({ example: 'v1:partner:77' })
  @IsOptional()
  @IsString()
  @MaxLength(300)
  target?: string;

  @ApiPropertyOptional({ format: 'uuid', description: 'All lines of one act' })
  @IsOptional()
  @IsUUID()
  act_id?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'From this time on' })
  @IsOptional()
  @IsInstant()
  from?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Before this time' })
  @IsOptional()
  @IsInstant()
  until?: string;
}

/** One line of the trail. */
export class AuditRow {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ format: 'date-time' })
  recorded_at: string;

  @ApiProperty({ description: 'What was done, for example `grant`' })
  act: string;

  @ApiProperty({ enum: AUDIT_PHASES })
  phase: AuditPhase;

  @ApiProperty({ type: String, format: 'uuid', nullable: true, description: 'Ties the lines of one act together' })
  act_id: string | null;

  @ApiProperty()
  actor: string;

  @ApiProperty({ type: String, nullable: true })
  actor_role: string | null;

  @ApiProperty({ example: 'v1:partner:77' })
  target: string;

  @ApiProperty({ type: String, nullable: true })
  reason: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'Error code of a refusal' })
  code: string | null;

  @ApiProperty({ type: String, nullable: true })
  request_id: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'SHA-256 of the request' })
  request_digest: string | null;

  @ApiProperty({ type: Object, nullable: true })
  before: Record<string, unknown> | null;

  @ApiProperty({ type: Object, nullable: true })
  after: Record<string, unknown> | null;

  @ApiProperty({ description: 'Place in the chain: day and position of the day' })
  chain_position: string;

  @ApiProperty({ description: 'Digest over this line and the one before it' })
  digest: string;
}

/** One page of the trail, newest first. */
export class AuditPage {
  @ApiProperty({ type: [AuditRow] })
  items: AuditRow[];

  @ApiProperty({ type: String, nullable: true, description: 'Null on the last page' })
  next_cursor: string | null;
}

/** Where the chain ends. */
export class AuditHeadRow {
  @ApiProperty({ format: 'date' })
  day: string;

  @ApiProperty()
  position: number;

  @ApiProperty()
  digest: string;
}

/** A line that does not fit. */
export class BrokenAuditRow {
  @ApiProperty({ format: 'date' })
  day: string;

  @ApiProperty()
  position: number;

  @ApiProperty()
  fault: string;
}

/** `GET /v1/operator/audit/verification` */
export class AuditVerification {
  @ApiProperty({ description: 'True when every line fits' })
  ok: boolean;

  @ApiProperty()
  entries: number;

  @ApiProperty({
    type: AuditHeadRow,
    nullable: true,
    description: 'Keep it elsewhere: it shows a tail that was cut off',
  })
  head: AuditHeadRow | null;

  @ApiProperty()
  broken_count: number;

  @ApiProperty({ type: [BrokenAuditRow], description: 'The first of them' })
  broken: BrokenAuditRow[];
}
