import { ApiPropertyOptional, IntersectionType } from '@nestjs/swagger';
import { IsInstant, IsReference, LEDGER_KINDS, type LedgerKind } from '@tandem/contracts';
import { IsIn, IsOptional } from 'class-validator';
import { AccountActivityQuery, PageQuery } from '../../http/account-activity.dto.ts';

/** Which movements to list. */
export class LedgerFilterQuery {
  @ApiPropertyOptional({ format: 'date-time', description: 'Only movements that count from then on (`effective_at`)' })
  @IsOptional()
  @IsInstant()
  from?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Only movements that count before then' })
  @IsOptional()
  @IsInstant()
  to?: string;

  @ApiPropertyOptional({ enum: LEDGER_KINDS })
  @IsOptional()
  @IsIn(LEDGER_KINDS)
  kind?: LedgerKind;

  @ApiPropertyOptional({ example: 'commission_request' })
  @IsOptional()
  @IsReference()
  ref_type?: string;

  @ApiPropertyOptional({ example: '12' })
  @IsOptional()
  @IsReference()
  ref_id?: string;
}

/** Which page of which movements. */
export class LedgerPageQuery extends IntersectionType(PageQuery, LedgerFilterQuery) {}

/** Which page of whose movements. One of the two account fields is required. */
export class AccountLedgerQuery extends IntersectionType(AccountActivityQuery, LedgerFilterQuery) {}
