import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { parseCredits } from '@tandem/contracts';
import { pageLimit, toPage } from '@tandem/platform/http/paging';
import { Roles } from '@tandem/platform/identity/access';
import { CurrentOperator, type Operator } from '../../http/current-operator.ts';
import { toOperatorAccount } from '../accounts/account.convert.ts';
import { accountNotEnrolled } from '../accounts/account.errors.ts';
import { AccountListQueries, readAccountCursor } from '../accounts/account-list.queries.ts';
import { AccountQueries } from '../accounts/account.queries.ts';
import { accountOfKey } from '../accounts/account-selector.ts';
import { EnrolAccount } from '../accounts/enrol-account.ts';
import { EnrolAccountRequest, OperatorAccount } from '../accounts/operator-account.dto.ts';
import { AccountListQuery, AccountsPage } from './operator-accounts.dto.ts';
import { OPERATOR_WRITERS, STUDIO_ROLES } from './operator-roles.ts';

/** Accounts for the people who run Studio. Whoever changes something is named in the account's history. */
@ApiTags('operator')
@ApiResponse({ status: 400, description: '`validation_failed`' })
@ApiResponse({ status: 401, description: 'Not signed in' })
@ApiResponse({ status: 403, description: 'Role not sufficient, or CSRF token missing' })
@Controller('v1/operator/accounts')
export class OperatorAccountsController {
  constructor(
    private readonly accounts: AccountQueries,
    private readonly list: AccountListQueries,
    private readonly enrolAccount: EnrolAccount,
  ) {}

  @Get()
  @Roles(...STUDIO_ROLES)
  @ApiOperation({ summary: 'Accounts, searched, filtered and sorted' })
  @ApiResponse({ status: 200, type: AccountsPage })
  async page(@Query() query: AccountListQuery): Promise<AccountsPage> {
    const sort = query.sort ?? 'display_name';
    const limit = pageLimit(query.limit);
    const after = readAccountCursor(query.cursor, sort);
    const filter = {
      search: query.q?.trim() || undefined,
      mode: query.mode,
      status: query.status,
      lowBalanceBelow: query.low_balance_below === undefined ? undefined : parseCredits(query.low_balance_below),
    };
    const [found, counts] = await Promise.all([
      this.list.page(filter, { sort, limit: limit + 1, after }),
      this.list.counts(),
    ]);
    const page = toPage(found, limit, (row) => [row.sort_key, row.account_id]);
    return { items: page.rows.map(toOperatorAccount), next_cursor: page.next_cursor, counts };
  }

  @Post()
  @Roles(...OPERATOR_WRITERS)
  @ApiOperation({ summary: 'Enrol an account; events that came before are attached' })
  @ApiResponse({ status: 201, type: OperatorAccount })
  @ApiResponse({ status: 409, description: '`already_exists`' })
  async enrol(@CurrentOperator() operator: Operator, @Body() body: EnrolAccountRequest): Promise<OperatorAccount> {
    const row = await this.enrolAccount.run({
      externalKey: body.external_key,
      displayName: body.display_name,
      accountType: body.account_type,
      tenantId: body.tenant_id,
      paymentTermsDays: body.payment_terms_days,
      currency: body.currency,
      billingMode: body.billing_mode,
      reason: body.reason,
      actor: operator.email,
      by: operator,
    });
    return toOperatorAccount(row);
  }

  @Get(':external_key')
  @Roles(...STUDIO_ROLES)
  @ApiOperation({ summary: 'One account, also before enrolment' })
  @ApiParam({ name: 'external_key', example: 'v1:partner:77' })
  @ApiResponse({ status: 200, type: OperatorAccount })
  @ApiResponse({ status: 404, description: '`account_not_enrolled`: nobody enrolled it and no event came' })
  async one(@Param('external_key') externalKey: string): Promise<OperatorAccount> {
    const row = await this.accounts.byId(accountOfKey(externalKey, null).accountId);
    if (!row) throw accountNotEnrolled();
    return toOperatorAccount(row);
  }
}
