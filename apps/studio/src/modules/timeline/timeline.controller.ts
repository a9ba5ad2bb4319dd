import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { pageLimit } from '@tandem/platform/http/paging';
import { CurrentService, Scopes } from '@tandem/platform/identity/access';
import type { ServicePrincipal } from '@tandem/platform/identity/principal';
import { AccountActivityQuery, TimelinePage } from '../../http/account-activity.dto.ts';
import { EnrolledAccounts } from '../accounts/enrolled-accounts.ts';
import { ReadTimeline } from './read-timeline.ts';

/** The timeline for other services (CONTRACT 1.4). */
@ApiTags('activity')
@Controller('v1/billing/timeline')
export class TimelineController {
  constructor(
    private readonly accounts: EnrolledAccounts,
    private readonly timeline: ReadTimeline,
  ) {}

  @Get()
  @Scopes('status:read')
  @ApiOperation({ summary: 'Everything that happened to an account, newest first' })
  @ApiResponse({ status: 200, type: TimelinePage })
  @ApiResponse({ status: 400, description: 'No account named, or a bad cursor or limit' })
  @ApiResponse({ status: 401, description: 'No valid service token' })
  @ApiResponse({ status: 403, description: 'Scope `status:read` missing, or account outside the token’s namespace' })
  @ApiResponse({ status: 404, description: '`account_not_enrolled`' })
  async page(@CurrentService() service: ServicePrincipal, @Query() query: AccountActivityQuery): Promise<TimelinePage> {
    const limit = pageLimit(query.limit);
    const { account_id } = await this.accounts.find(query, service);
    return this.timeline.run(account_id, { limit, cursor: query.cursor });
  }
}
