import { Body, Controller, Get, Headers, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { parseCredits } from '@tandem/contracts';
import { pageLimit, toPage } from '@tandem/platform/http/paging';
import { Roles } from '@tandem/platform/identity/access';
import { newId } from '@tandem/platform/ids';
import type { FastifyReply } from 'fastify';
import { CurrentOperator, type Operator } from '../../http/current-operator.ts';
import { idempotencyKeyOf } from '../../http/idempotency-key.ts';
import { toOperatorAccount } from '../accounts/account.convert.ts';
import { accountNotEnrolled } from '../accounts/account.errors.ts';
import { AccountListQueries, readAccountCursor } from '../accounts/account-list.queries.ts';
import { AccountQueries } from '../accounts/account.queries.ts';
import { accountOfKey } from '../accounts/account-selector.ts';
import type { AccountEdit } from '../accounts/change-account.ts';
import { ChangeAccountStatus } from '../accounts/change-account-status.ts';
import { ChangeBillingMode } from '../accounts/change-billing-mode.ts';
import { ChangePaymentTerms } from '../accounts/change-payment-terms.ts';
import { EnrolAccount } from '../accounts/enrol-account.ts';
import {
  ChangeAccountRequest,
  ChangeBillingModeRequest,
  ChangePaymentTermsRequest,
  EnrolAccountRequest,
  OperatorAccount,
} from '../accounts/operator-account.dto.ts';
import { ApprovalRow } from '../approvals/approval.dto.ts';
import { CreditActAnswers } from './credit-act-answers.ts';
import { ChangeOverdraftLimitRequest } from './credit-acts.dto.ts';
import { CreditActs } from './credit-acts.ts';
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
    private readonly changeStatus: ChangeAccountStatus,
    private readonly changeMode: ChangeBillingMode,
    private readonly changeTerms: ChangePaymentTerms,
    private readonly acts: CreditActs,
    private readonly answers: CreditActAnswers,
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

  @Post(':external_key/suspend')
  @HttpCode(200)
  @Roles(...OPERATOR_WRITERS)
  @ApiOperation({ summary: 'Suspend: no new holds; open ones may still be settled' })
  @ApiParam({ name: 'external_key', example: 'v1:partner:77' })
  @ApiResponse({ status: 200, type: OperatorAccount, description: 'Suspended now, or before' })
  @ApiResponse({ status: 404, description: '`account_not_enrolled`' })
  @ApiResponse({ status: 409, description: '`stale_version`' })
  async suspend(
    @CurrentOperator() operator: Operator,
    @Param('external_key') externalKey: string,
    @Body() body: ChangeAccountRequest,
  ): Promise<OperatorAccount> {
    return toOperatorAccount(await this.changeStatus.run(editOf(operator, externalKey, body), 'SUSPENDED'));
  }

  @Post(':external_key/reactivate')
  @HttpCode(200)
  @Roles(...OPERATOR_WRITERS)
  @ApiOperation({ summary: 'End a suspension' })
  @ApiParam({ name: 'external_key', example: 'v1:partner:77' })
  @ApiResponse({ status: 200, type: OperatorAccount, description: 'Active now, or before' })
  @ApiResponse({ status: 404, description: '`account_not_enrolled`' })
  @ApiResponse({ status: 409, description: '`stale_version`' })
  async reactivate(
    @CurrentOperator() operator: Operator,
    @Param('external_key') externalKey: string,
    @Body() body: ChangeAccountRequest,
  ): Promise<OperatorAccount> {
    return toOperatorAccount(await this.changeStatus.run(editOf(operator, externalKey, body), 'ACTIVE'));
  }

  @Post(':external_key/mode')
  @HttpCode(200)
  @Roles(...OPERATOR_WRITERS)
  @ApiOperation({ summary: 'Switch between POSTPAID and CREDIT, from now on; open holds live on' })
  @ApiParam({ name: 'external_key', example: 'v1:partner:77' })
  @ApiResponse({ status: 200, type: OperatorAccount, description: 'In that mode now, or before' })
  @ApiResponse({ status: 404, description: '`account_not_enrolled`' })
  @ApiResponse({ status: 409, description: '`credit_mode_needs_credits`, `stale_version`' })
  async mode(
    @CurrentOperator() operator: Operator,
    @Param('external_key') externalKey: string,
    @Body() body: ChangeBillingModeRequest,
  ): Promise<OperatorAccount> {
    const edit = editOf(operator, externalKey, body);
    return toOperatorAccount(await this.changeMode.run(edit, body.billing_mode, { force: body.force ?? false }));
  }

  @Post(':external_key/overdraft-limit')
  @HttpCode(200)
  @Roles('admin')
  @ApiOperation({ summary: 'Let an account use more than it has, up to a limit' })
  @ApiParam({ name: 'external_key', example: 'v1:partner:77' })
  @ApiHeader({ name: 'Idempotency-Key', required: false, description: 'Names the request, when it needs approval' })
  @ApiResponse({ status: 200, type: OperatorAccount })
  @ApiResponse({ status: 202, type: ApprovalRow, description: 'Waits for another administrator' })
  @ApiResponse({ status: 404, description: '`account_not_enrolled`' })
  @ApiResponse({ status: 409, description: '`overdraft_in_use`, `stale_version`' })
  async overdraftLimit(
    @CurrentOperator() operator: Operator,
    @Param('external_key') externalKey: string,
    @Body() body: ChangeOverdraftLimitRequest,
    @Headers('idempotency-key') keyHeader: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<OperatorAccount | ApprovalRow> {
    // Setting a limit twice is setting it once, so a key is only needed to ask for approval once.
    const idempotencyKey = idempotencyKeyOf(keyHeader, keyHeader ?? newId());
    const context = { operator, externalKey, idempotencyKey, reason: body.reason };
    const performed = await this.acts.overdraftLimit(context, parseCredits(body.overdraft_limit), body.version);
    const request = await this.answers.withoutOutcome(reply, performed);
    return request ?? this.one(externalKey);
  }

  @Post(':external_key/payment-terms')
  @HttpCode(200)
  @Roles(...OPERATOR_WRITERS)
  @ApiOperation({ summary: 'Change how many days invoices may stay unpaid' })
  @ApiParam({ name: 'external_key', example: 'v1:partner:77' })
  @ApiResponse({ status: 200, type: OperatorAccount })
  @ApiResponse({ status: 404, description: '`account_not_enrolled`' })
  @ApiResponse({ status: 409, description: '`stale_version`' })
  async paymentTerms(
    @CurrentOperator() operator: Operator,
    @Param('external_key') externalKey: string,
    @Body() body: ChangePaymentTermsRequest,
  ): Promise<OperatorAccount> {
    const edit = editOf(operator, externalKey, body);
    return toOperatorAccount(await this.changeTerms.run(edit, body.payment_terms_days));
  }
}

/** The edit a request asks for. Who it is comes from the session, never from the body. */
function editOf(operator: Operator, externalKey: string, body: ChangeAccountRequest): AccountEdit {
  return {
    accountId: accountOfKey(externalKey, null).accountId,
    actor: operator.email,
    by: operator,
    reason: body.reason,
    version: body.version,
  };
}
