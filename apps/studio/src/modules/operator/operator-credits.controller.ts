import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { pageLimit } from '@tandem/platform/http/paging';
import { Roles } from '@tandem/platform/identity/access';
import { LedgerPage, PageQuery, ReservationsPage, TimelinePage } from '../../http/account-activity.dto.ts';
import { KnownAccounts } from '../accounts/known-accounts.ts';
import { LedgerPageQuery } from '../ledger/ledger-filter.dto.ts';
import { ReadCreditActivity } from '../ledger/read-credit-activity.ts';
import { SearchLedger } from '../ledger/search-ledger.ts';
import { ReadTimeline } from '../timeline/read-timeline.ts';
import { ReservationListQuery } from './operator-accounts.dto.ts';
import { STUDIO_ROLES } from './operator-roles.ts';

/** What the people who run Studio read about the credits of one account. */
@ApiTags('operator')
@ApiParam({ name: 'external_key', example: 'v1:partner:77' })
@ApiResponse({ status: 400, description: '`validation_failed`, or a bad cursor' })
@ApiResponse({ status: 401, description: 'Not signed in' })
@ApiResponse({ status: 403, description: 'Not a person' })
@ApiResponse({ status: 404, description: '`account_not_enrolled`' })
@Controller('v1/operator/accounts/:external_key')
export class OperatorCreditsController {
  constructor(
    private readonly accounts: KnownAccounts,
    private readonly activity: ReadCreditActivity,
    private readonly search: SearchLedger,
    private readonly timeline: ReadTimeline,
  ) {}

  @Get('reservations')
  @Roles(...STUDIO_ROLES)
  @ApiOperation({ summary: 'Holds, newest first' })
  @ApiResponse({ status: 200, type: ReservationsPage })
  async reservations(
    @Param('external_key') externalKey: string,
    @Query() query: ReservationListQuery,
  ): Promise<ReservationsPage> {
    const page = { limit: pageLimit(query.limit), cursor: query.cursor };
    return this.activity.reservations(await this.accountId(externalKey), page, query.status);
  }

  @Get('ledger')
  @Roles(...STUDIO_ROLES)
  @ApiOperation({ summary: 'Movements, newest first; a page of a filter may be short and have a next one' })
  @ApiResponse({ status: 200, type: LedgerPage })
  async ledger(@Param('external_key') externalKey: string, @Query() query: LedgerPageQuery): Promise<LedgerPage> {
    const page = { limit: pageLimit(query.limit), cursor: query.cursor };
    return this.search.page(await this.accountId(externalKey), query, page);
  }

  @Get('timeline')
  @Roles(...STUDIO_ROLES)
  @ApiOperation({ summary: 'Everything that happened, newest first' })
  @ApiResponse({ status: 200, type: TimelinePage })
  async history(@Param('external_key') externalKey: string, @Query() query: PageQuery): Promise<TimelinePage> {
    const page = { limit: pageLimit(query.limit), cursor: query.cursor };
    return this.timeline.run(await this.accountId(externalKey), page);
  }

  private async accountId(externalKey: string): Promise<string> {
    return (await this.accounts.find(externalKey)).account_id;
  }
}
