import { Body, Controller, Get, Headers, Param, Post, Query, Res } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { parseCredits } from '@tandem/contracts';
import { pageLimit } from '@tandem/platform/http/paging';
import { CurrentUser, Roles } from '@tandem/platform/identity/access';
import type { UserPrincipal } from '@tandem/platform/identity/principal';
import type { FastifyReply } from 'fastify';
import { LedgerPage, PageQuery, ReservationsPage, TimelinePage } from '../../http/account-activity.dto.ts';
import { idempotencyKeyOf } from '../../http/idempotency-key.ts';
import { accountNotEnrolled } from '../accounts/account.errors.ts';
import { AccountQueries } from '../accounts/account.queries.ts';
import { accountOfKey } from '../accounts/account-selector.ts';
import { GrantCredits } from '../ledger/grant-credits.ts';
import { ReadCreditActivity } from '../ledger/read-credit-activity.ts';
import { ReadTimeline } from '../timeline/read-timeline.ts';
import { GrantAnswer, GrantCreditsRequest, ReservationListQuery } from './operator-accounts.dto.ts';
import { OPERATOR_WRITERS, STUDIO_ROLES } from './operator-roles.ts';

/** Credits of one account for the people who run Studio. */
@ApiTags('operator')
@ApiParam({ name: 'external_key', example: 'v1:partner:77' })
@ApiResponse({ status: 400, description: '`validation_failed`, or a bad cursor' })
@ApiResponse({ status: 401, description: 'Not signed in' })
@ApiResponse({ status: 403, description: 'Role not sufficient, or CSRF token missing' })
@ApiResponse({ status: 404, description: '`account_not_enrolled`' })
@Controller('v1/operator/accounts/:external_key')
export class OperatorCreditsController {
  constructor(
    private readonly accounts: AccountQueries,
    private readonly grantCredits: GrantCredits,
    private readonly activity: ReadCreditActivity,
    private readonly timeline: ReadTimeline,
  ) {}

  @Post('grants')
  @Roles(...OPERATOR_WRITERS)
  @ApiOperation({ summary: 'Put credits into the wallet' })
  @ApiHeader({ name: 'Idempotency-Key', required: false, description: 'Instead of idempotency_key in the body' })
  @ApiResponse({ status: 201, type: GrantAnswer })
  @ApiResponse({ status: 409, description: '`CREDIT_BALANCE_INVARIANT_FAILED`: more than a wallet may hold' })
  @ApiResponse({ status: 422, description: '`idempotency_key_reused`' })
  async grant(
    @CurrentUser() operator: UserPrincipal,
    @Param('external_key') externalKey: string,
    @Body() body: GrantCreditsRequest,
    @Headers('idempotency-key') keyHeader: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<GrantAnswer> {
    const { row, receipt, replayed } = await this.grantCredits.run({
      accountId: accountOfKey(externalKey, null).accountId,
      amount: parseCredits(body.amount),
      reason: body.reason,
      actor: operator.email,
      idempotencyKey: idempotencyKeyOf(keyHeader, body.idempotency_key),
    });
    if (replayed) void reply.header('Idempotent-Replayed', 'true');
    return { ...row, receipt };
  }

  @Get('reservations')
  @Roles(...STUDIO_ROLES)
  @ApiOperation({ summary: 'Holds, newest first' })
  @ApiResponse({ status: 200, type: ReservationsPage })
  async reservations(
    @Param('external_key') externalKey: string,
    @Query() query: ReservationListQuery,
  ): Promise<ReservationsPage> {
    const page = { limit: pageLimit(query.limit), cursor: query.cursor };
    return this.activity.reservations(await this.knownAccount(externalKey), page, query.status);
  }

  @Get('ledger')
  @Roles(...STUDIO_ROLES)
  @ApiOperation({ summary: 'Movements, newest first' })
  @ApiResponse({ status: 200, type: LedgerPage })
  async ledger(@Param('external_key') externalKey: string, @Query() query: PageQuery): Promise<LedgerPage> {
    const page = { limit: pageLimit(query.limit), cursor: query.cursor };
    return this.activity.ledger(await this.knownAccount(externalKey), page);
  }

  @Get('timeline')
  @Roles(...STUDIO_ROLES)
  @ApiOperation({ summary: 'Everything that happened, newest first' })
  @ApiResponse({ status: 200, type: TimelinePage })
  async history(@Param('external_key') externalKey: string, @Query() query: PageQuery): Promise<TimelinePage> {
    const page = { limit: pageLimit(query.limit), cursor: query.cursor };
    return this.timeline.run(await this.knownAccount(externalKey), page);
  }

  /** Operators also see accounts that only collected events so far. */
  private async knownAccount(externalKey: string): Promise<string> {
    const { accountId } = accountOfKey(externalKey, null);
    if ((await this.accounts.byId(accountId)) === undefined) throw accountNotEnrolled();
    return accountId;
  }
}
