import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { pageLimit } from '@tandem/platform/http/paging';
import { CurrentService, Scopes } from '@tandem/platform/identity/access';
import type { ServicePrincipal } from '@tandem/platform/identity/principal';
import { AccountActivityQuery, LedgerPage, ReservationsPage } from '../../http/account-activity.dto.ts';
import { EnrolledAccounts } from '../accounts/enrolled-accounts.ts';
import { AccountLedgerQuery } from './ledger-filter.dto.ts';
import { ReadCreditActivity } from './read-credit-activity.ts';
import { SearchLedger } from './search-ledger.ts';

/** Holds and movements for other services (CONTRACT 1.4). Reads never write. */
@ApiTags('activity')
@ApiResponse({ status: 400, description: 'No account named, or a bad filter, cursor or limit' })
@ApiResponse({ status: 401, description: 'No valid service token' })
@ApiResponse({ status: 403, description: 'Scope `status:read` missing, or account outside the token’s namespace' })
@ApiResponse({ status: 404, description: '`account_not_enrolled`' })
@Controller('v1/billing/credits')
export class CreditActivityController {
  constructor(
    private readonly accounts: EnrolledAccounts,
    private readonly activity: ReadCreditActivity,
    private readonly search: SearchLedger,
  ) {}

  @Get('reservations')
  @Scopes('status:read')
  @ApiOperation({ summary: 'Holds of an account, newest first' })
  @ApiResponse({ status: 200, type: ReservationsPage })
  async reservations(
    @CurrentService() service: ServicePrincipal,
    @Query() query: AccountActivityQuery,
  ): Promise<ReservationsPage> {
    const limit = pageLimit(query.limit);
    const { account_id } = await this.accounts.find(query, service);
    return this.activity.reservations(account_id, { limit, cursor: query.cursor });
  }

  @Get('ledger')
  @Scopes('status:read')
  @ApiOperation({
    summary: 'Movements of an account, newest first; a page of a filter may be short and have a next one',
  })
  @ApiResponse({ status: 200, type: LedgerPage })
  async ledger(@CurrentService() service: ServicePrincipal, @Query() query: AccountLedgerQuery): Promise<LedgerPage> {
    const limit = pageLimit(query.limit);
    const { account_id } = await this.accounts.find(query, service);
    return this.search.page(account_id, query, { limit, cursor: query.cursor });
  }
}
