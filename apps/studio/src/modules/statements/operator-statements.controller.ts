import { Controller, Get, Header, Param, Query, StreamableFile } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Statement, StatementsPage } from '@tandem/contracts';
import { Roles } from '@tandem/platform/identity/access';
import { PageQuery } from '../../http/account-activity.dto.ts';
import { KnownAccounts } from '../accounts/known-accounts.ts';
import { LedgerFilterQuery } from '../ledger/ledger-filter.dto.ts';
import { readFilter, SearchLedger } from '../ledger/search-ledger.ts';
import { STUDIO_ROLES } from '../operator/operator-roles.ts';
import { movementsCsv } from './movements-csv.ts';
import { ReadStatements } from './read-statements.ts';

/** Statements and movements to download, for the people who run Studio. */
@ApiTags('operator')
@ApiParam({ name: 'external_key', example: 'v1:partner:77' })
@ApiResponse({ status: 400, description: '`validation_failed`' })
@ApiResponse({ status: 401, description: 'Not signed in' })
@ApiResponse({ status: 403, description: 'Not a person' })
@Controller('v1/operator/accounts/:external_key')
@Roles(...STUDIO_ROLES)
export class OperatorStatementsController {
  constructor(
    private readonly accounts: KnownAccounts,
    private readonly statements: ReadStatements,
    private readonly search: SearchLedger,
  ) {}

  @Get('statements')
  @ApiOperation({ summary: 'Months of an account in UTC, newest first' })
  @ApiResponse({ status: 200, type: StatementsPage })
  @ApiResponse({ status: 404, description: '`account_not_enrolled`' })
  async page(@Param('external_key') externalKey: string, @Query() query: PageQuery): Promise<StatementsPage> {
    return this.statements.page(await this.accounts.find(externalKey), query);
  }

  @Get('statements/:month')
  @ApiOperation({ summary: 'What there was, what happened and what was left in one month' })
  @ApiParam({ name: 'month', example: '2026-10' })
  @ApiResponse({ status: 200, type: Statement })
  @ApiResponse({ status: 404, description: '`account_not_enrolled`, `not_found`' })
  async one(@Param('external_key') externalKey: string, @Param('month') month: string): Promise<Statement> {
    return this.statements.one(await this.accounts.find(externalKey), month);
  }

  @Get('statements/:month/entries.csv')
  @Header('x-content-type-options', 'nosniff')
  @Header('cache-control', 'no-store')
  @ApiOperation({ summary: 'Written movements that count in one month, oldest first, as a file' })
  @ApiParam({ name: 'month', example: '2026-10' })
  @ApiProduces('text/csv')
  @ApiResponse({ status: 200, schema: { type: 'string', format: 'binary' } })
  @ApiResponse({ status: 404, description: '`account_not_enrolled`, `not_found`' })
  async entries(@Param('external_key') externalKey: string, @Param('month') name: string): Promise<StreamableFile> {
    const row = await this.accounts.find(externalKey);
    const { from, to } = await this.statements.month(row, name);
    const rows = this.search.walk(row.account_id, { from: from.toISOString(), to: to.toISOString() });
    return movementsCsv(rows, ['entries', row.external_key, name]);
  }

  @Get('ledger.csv')
  @Header('x-content-type-options', 'nosniff')
  @Header('cache-control', 'no-store')
  @ApiOperation({ summary: 'Movements by what they are, oldest first, as a file' })
  @ApiProduces('text/csv')
  @ApiResponse({ status: 200, schema: { type: 'string', format: 'binary' } })
  @ApiResponse({ status: 404, description: '`account_not_enrolled`' })
  async ledger(@Param('external_key') externalKey: string, @Query() query: LedgerFilterQuery): Promise<StreamableFile> {
    const filter = readFilter(query);
    const row = await this.accounts.find(externalKey);
    return movementsCsv(this.search.walk(row.account_id, filter), ['ledger', row.external_key]);
  }
}
