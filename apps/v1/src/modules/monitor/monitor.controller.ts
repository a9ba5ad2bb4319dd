import { Controller, Get, Param, Query, UseGuards } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { ExternalKey } from '@tandem/contracts';
import { CurrentUser, Roles } from '@tandem/platform/identity/access';
import type { UserPrincipal } from '@tandem/platform/identity/principal';
import { MonitorAccountDetail, MonitorDetailQuery, MonitorSummary, MonitorSummaryQuery } from './monitor.dto.ts';
import { MonitoredKeyPipe } from './monitored-key.pipe.ts';
import { ReadAccountDetail } from './read-account-detail.ts';
import { ReadSummary } from './read-summary.ts';
import { RefreshAllowance } from './refresh-allowance.ts';
import { RequireAdmin } from './require-admin.guard.ts';

/** V1's Billing Monitor: read-only, and complete without Studio. */
@ApiTags('billing-monitor')
@ApiResponse({ status: 400, description: '`validation_failed`, or a bad cursor' })
@ApiResponse({ status: 401, description: '`unauthorized`' })
@ApiResponse({ status: 403, description: '`forbidden`: Admin role required' })
@ApiResponse({ status: 429, description: '`rate_limited` with `Retry-After`: refreshed less than 5 seconds ago' })
@Controller('v1/admin/billing-monitor')
@Roles()
@UseGuards(RequireAdmin)
export class MonitorController {
  constructor(
    private readonly readSummary: ReadSummary,
    private readonly readDetail: ReadAccountDetail,
    private readonly allowance: RefreshAllowance,
  ) {}

  @Get('summary')
  @ApiOperation({
    summary: 'Accounts worst first, newest invoices and payments, and how the link to Studio is',
    description:
      'Answers also when Studio does not: with the last figures it gave, their age, and a warning on each account.',
  })
  @ApiResponse({ status: 200, type: MonitorSummary })
  async summary(@CurrentUser() user: UserPrincipal, @Query() query: MonitorSummaryQuery): Promise<MonitorSummary> {
    if (query.refresh) await this.allowance.take(user.id, 'summary');
    return this.readSummary.run(query);
  }

  @Get('account/:external_key')
  @ApiOperation({
    summary: 'One account: its invoices and payments, and what Studio has on it',
    description: 'A well-formed key nobody knows is an account without rows, not an error.',
  })
  @ApiParam({ name: 'external_key', example: 'v1:partner:77', description: 'Colons raw or percent-encoded' })
  @ApiResponse({ status: 200, type: MonitorAccountDetail })
  async account(
    @CurrentUser() user: UserPrincipal,
    @Param('external_key', MonitoredKeyPipe) key: ExternalKey,
    @Query() query: MonitorDetailQuery,
  ): Promise<MonitorAccountDetail> {
    if (query.refresh) await this.allowance.take(user.id, 'detail');
    return this.readDetail.run(key, query);
  }
}
