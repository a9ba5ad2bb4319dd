import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsEmail, IsIn, IsInt, IsOptional, Matches, MaxLength, Min, ValidateIf } from 'class-validator';
import { IsRowId, IsText } from '../../http/fields.ts';
import { ASSIGNMENT_STATUSES, type AssignmentStatus } from './assignment.ts';

export class CreatePartyBody {
  @ApiProperty({ maxLength: 200, description: 'Name as it is printed on invoices' })
  @IsText({ max: 200 })
  name: string;

  @ApiPropertyOptional({ type: String, nullable: true, format: 'email' })
  @IsOptional()
  @IsEmail()
  @MaxLength(254)
  email?: string | null;

  @ApiPropertyOptional({ default: true, description: 'Only active ones are on the Billing Monitor' })
  @IsOptional()
  @IsBoolean()
  active?: boolean;
}

export class UpdatePartyBody {
  @ApiProperty({ minimum: 1, description: 'Version the editor saw; an older one is refused with 409 `stale_version`' })
  @IsInt()
  @Min(1)
  version: number;

  // ValidateIf, not IsOptional: a name may be left out but not be null.
  @ApiPropertyOptional({ maxLength: 200 })
  @ValidateIf((_, value) => value !== undefined)
  @IsText({ max: 200 })
  name?: string;

  @ApiPropertyOptional({ type: String, nullable: true, format: 'email', description: 'Null removes it' })
  @IsOptional()
  @IsEmail()
  @MaxLength(254)
  email?: string | null;

  @ApiPropertyOptional()
  @ValidateIf((_, value) => value !== undefined)
  @IsBoolean()
  active?: boolean;
}

export class PartyRow {
  @ApiProperty()
  id: number;

  @ApiProperty()
  name: string;

  @ApiProperty({ type: String, nullable: true })
  email: string | null;

  @ApiProperty()
  active: boolean;

  @ApiProperty({ example: 'v1:partner:77', description: 'Name of the account at Studio' })
  external_key: string;

  @ApiProperty({ description: 'Goes up with every change' })
  version: number;

  @ApiProperty({ format: 'date-time' })
  created_at: string;

  @ApiProperty({ format: 'date-time' })
  updated_at: string;
}

export class ClientRow extends PartyRow {
  @ApiProperty({ format: 'uuid', description: 'The customer for systems that speak of a workspace or publisher' })
  workspace_id: string;
}

class Page {
  @ApiProperty({ type: String, nullable: true, description: 'Null on the last page' })
  next_cursor: string | null;
}

export class PartnerPage extends Page {
  @ApiProperty({ type: [PartyRow] })
  items: PartyRow[];
}

export class ClientPage extends Page {
  @ApiProperty({ type: [ClientRow] })
  items: ClientRow[];
}

export class CreateAssignmentBody {
  @ApiProperty({ pattern: '^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$', description: 'Unique code people call the work by' })
  @Matches(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$/)
  code: string;

  @ApiProperty({ maxLength: 300 })
  @IsText({ max: 300 })
  title: string;

  @ApiPropertyOptional({ type: Number, nullable: true, description: 'Client the work is for' })
  @IsOptional()
  @IsRowId()
  client_id?: number | null;

  @ApiPropertyOptional({ type: Number, nullable: true, description: 'Partner who brought the work' })
  @IsOptional()
  @IsRowId()
  partner_id?: number | null;

  @ApiPropertyOptional({ enum: ASSIGNMENT_STATUSES, default: 'OPEN' })
  @IsOptional()
  @IsIn(ASSIGNMENT_STATUSES)
  status?: AssignmentStatus;
}

export class UpdateAssignmentBody {
  @ApiProperty({ minimum: 1, description: 'Version the editor saw; an older one is refused with 409 `stale_version`' })
  @IsInt()
  @Min(1)
  version: number;

  @ApiPropertyOptional({ maxLength: 300 })
  @ValidateIf((_, value) => value !== undefined)
  @IsText({ max: 300 })
  title?: string;

  @ApiPropertyOptional({ type: Number, nullable: true })
  @IsOptional()
  @IsRowId()
  client_id?: number | null;

  @ApiPropertyOptional({ type: Number, nullable: true })
  @IsOptional()
  @IsRowId()
  partner_id?: number | null;

  @ApiPropertyOptional({ enum: ASSIGNMENT_STATUSES })
  @ValidateIf((_, value) => value !== undefined)
  @IsIn(ASSIGNMENT_STATUSES)
  status?: AssignmentStatus;
}

export class AssignmentRow {
  @ApiProperty()
  id: number;

  @ApiProperty()
  code: string;

  @ApiProperty()
  title: string;

  @ApiProperty({ type: Number, nullable: true })
  client_id: number | null;

  @ApiProperty({ type: Number, nullable: true })
  partner_id: number | null;

  @ApiProperty({ enum: ASSIGNMENT_STATUSES })
  status: AssignmentStatus;

  @ApiProperty({ example: 'v1:assignment:12' })
  external_key: string;

  @ApiProperty({ description: 'Goes up with every change' })
  version: number;

  @ApiProperty({ format: 'date-time' })
  created_at: string;

  @ApiProperty({ format: 'date-time' })
  updated_at: string;
}

export class AssignmentPage extends Page {
  @ApiProperty({ type: [AssignmentRow] })
  items: AssignmentRow[];
}
