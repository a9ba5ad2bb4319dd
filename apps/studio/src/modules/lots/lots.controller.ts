import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { EntryLots, LotMovementsPage, LotsPage } from '@tandem/contracts';
import { CurrentService, Scopes } from '@tandem/platform/identity/access';
import type { ServicePrincipal } from '@tandem/platform/identity/principal';
import { PageQuery } from '../../http/account-activity.dto.ts';
import { accountOfPath } from '../../http/account-of-path.ts';
import { EnrolledAccounts } from '../accounts/enrolled-accounts.ts';
import { ReadLots } from './read-lots.ts';

/** Lots for other services. Reads never write. */
@ApiTags('activity')
@ApiParam({ name: 'account', example: 'v1:partner:77', description: 'External key, or Studio’s id' })
@ApiResponse({ status: 400, description: '`validation_failed`, or a bad cursor' })
@ApiResponse({ status: 401, description: 'No valid service token' })
@ApiResponse({ status: 403, description: 'Scope `status:read` missing, or account outside the token’s namespace' })
@Controller('v1/billing/accounts/:account')
export class LotsController {
  constructor(
    private readonly accounts: EnrolledAccounts,
    private readonly lots: ReadLots,
  ) {}

  @Get('lots')
  @Scopes('status:read')
  @ApiOperation({ summary: 'Lots and what is left of them, newest first' })
  @ApiResponse({ status: 200, type: LotsPage })
  @ApiResponse({ status: 404, description: '`account_not_enrolled`' })
  async page(
    @CurrentService() service: ServicePrincipal,
    @Param('account') account: string,
    @Query() query: PageQuery,
  ): Promise<LotsPage> {
    return this.lots.page(await this.accountId(account, service), query);
  }

  @Get('lots/:id/movements')
  @Scopes('status:read')
  @ApiOperation({ summary: 'Where one lot came from and where it went, newest first' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiResponse({ status: 200, type: LotMovementsPage })
  @ApiResponse({ status: 404, description: '`account_not_enrolled`, `not_found`' })
  async movements(
    @CurrentService() service: ServicePrincipal,
    @Param('account') account: string,
    @Param('id') id: string,
    @Query() query: PageQuery,
  ): Promise<LotMovementsPage> {
    return this.lots.movements(await this.accountId(account, service), id, query);
  }

  @Get('ledger/:seq/lots')
  @Scopes('status:read')
  @ApiOperation({ summary: 'Which lots one movement took from, gave back to or brought, and what its hold keeps' })
  @ApiParam({ name: 'seq', example: '12' })
  @ApiResponse({ status: 200, type: EntryLots })
  @ApiResponse({ status: 404, description: '`account_not_enrolled`, `ledger_entry_not_found`' })
  async ofEntry(
    @CurrentService() service: ServicePrincipal,
    @Param('account') account: string,
    @Param('seq') seq: string,
  ): Promise<EntryLots> {
    return this.lots.ofEntry(await this.accountId(account, service), seq);
  }

  private async accountId(account: string, service: ServicePrincipal): Promise<string> {
    return (await this.accounts.find(accountOfPath(account), service)).account_id;
  }
}
