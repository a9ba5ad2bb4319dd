import { Controller, Get, Header, Param, Query, StreamableFile } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Statement, StatementsPage } from '@tandem/contracts';
import { CurrentService, Scopes } from '@tandem/platform/identity/access';
import type { ServicePrincipal } from '@tandem/platform/identity/principal';
import { PageQuery } from '../../http/account-activity.dto.ts';
import { accountOfPath } from '../../http/account-of-path.ts';
import type { AccountSqlRow } from '../accounts/account.convert.ts';
import { EnrolledAccounts } from '../accounts/enrolled-accounts.ts';
import { LedgerFilterQuery } from '../ledger/ledger-filter.dto.ts';
import { readFilter, SearchLedger } from '../ledger/search-ledger.ts';
import { movementsCsv } from './movements-csv.ts';
import { ReadStatements } from './read-statements.ts';

/** Statements and movements to download, for other services. Reads never write. */
@ApiTags('activity')
@ApiParam({ name: 'account', example: 'v1:partner:77', description: 'External key, or Studio’s id' })
@ApiResponse({ status: 400, description: '`validation_failed`' })
@ApiResponse({ status: 401, description: 'No valid service token' })
@ApiResponse({ status: 403, description: 'Scope `status:read` missing, or account outside the token’s namespace' })
@Controller('v1/billing/accounts/:account')
export class StatementsController {
  constructor(
    private readonly accounts: EnrolledAccounts,
    private readonly statements: ReadStatements,
    private readonly search: SearchLedger,
  ) {}

  @Get('statements')
  @Scopes('status:read')
  @ApiOperation({ summary: 'Months of an account in UTC, newest first' })
  @ApiResponse({ status: 200, type: StatementsPage })
  @ApiResponse({ status: 404, description: '`account_not_enrolled`' })
  async page(
    @CurrentService() service: ServicePrincipal,
    @Param('account') account: string,
    @Query() query: PageQuery,
  ): Promise<StatementsPage> {
    return this.statements.page(await this.account(account, service), query);
  }

  @Get('statements/:month')
  @Scopes('status:read')
  @ApiOperation({ summary: 'What there was, what happened and what was left in one month' })
  @ApiParam({ name: 'month', example: '2026-10' })
  @ApiResponse({ status: 200, type: Statement })
  @ApiResponse({ status: 404, description: '`account_not_enrolled`, `not_found`' })
  async one(
    @CurrentService() service: ServicePrincipal,
    @Param('account') account: string,
    @Param('month') month: string,
  ): Promise<Statement> {
    return this.statements.one(await this.account(account, service), month);
  }

  @Get('statements/:month/entries.csv')
  @Scopes('status:read')
  @Header('x-content-type-options', 'nosniff')
  @Header('cache-control', 'no-store')
  @ApiOperation({ summary: 'Written movements that count in one month, oldest first, as a file' })
  @ApiParam({ name: 'month', example: '2026-10' })
  @ApiProduces('text/csv')
  @ApiResponse({ status: 200, schema: { type: 'string', format: 'binary' } })
  @ApiResponse({ status: 404, description: '`account_not_enrolled`, `not_found`' })
  async entries(
    @CurrentService() service: ServicePrincipal,
    @Param('account') account: string,
    @Param('month') name: string,
  ): Promise<StreamableFile> {
    const row = await this.account(account, service);
    const { from, to } = await this.statements.month(row, name);
    const rows = this.search.walk(row.account_id, { from: from.toISOString(), to: to.toISOString() });
    return movementsCsv(rows, ['entries', row.external_key, name]);
  }

  @Get('ledger.csv')
  @Scopes('status:read')
  @Header('x-content-type-options', 'nosniff')
  @Header('cache-control', 'no-store')
  @ApiOperation({ summary: 'Movements by what they are, oldest first, as a file' })
  @ApiProduces('text/csv')
  @ApiResponse({ status: 200, schema: { type: 'string', format: 'binary' } })
  @ApiResponse({ status: 404, description: '`account_not_enrolled`' })
  async ledger(
    @CurrentService() service: ServicePrincipal,
    @Param('account') account: string,
    @Query() query: LedgerFilterQuery,
  ): Promise<StreamableFile> {
    const filter = readFilter(query);
    const row = await this.account(account, service);
    return movementsCsv(this.search.walk(row.account_id, filter), ['ledger', row.external_key]);
  }

  private account(account: string, service: ServicePrincipal): Promise<AccountSqlRow> {
    return this.accounts.find(accountOfPath(account), service);
  }
}
