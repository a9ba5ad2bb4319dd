import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Roles } from '@tandem/platform/identity/access';
import { CurrentOperator, type Operator } from '../../http/current-operator.ts';
import { toOperatorAccount } from '../accounts/account.convert.ts';
import { accountOfKey } from '../accounts/account-selector.ts';
import type { AccountEdit } from '../accounts/change-account.ts';
import { ChangeAccountStatus } from '../accounts/change-account-status.ts';
import { ChangeBillingMode } from '../accounts/change-billing-mode.ts';
import { ChangePaymentTerms } from '../accounts/change-payment-terms.ts';
import { ModeRehearsal, ModeRehearsalQuery } from '../accounts/mode-rehearsal.dto.ts';
import {
  ChangeAccountRequest,
  ChangeBillingModeRequest,
  ChangePaymentTermsRequest,
  OperatorAccount,
} from '../accounts/operator-account.dto.ts';
import { RehearseModeSwitch } from '../accounts/rehearse-mode-switch.ts';
import { OPERATOR_WRITERS, STUDIO_ROLES } from './operator-roles.ts';

/** Days of past work a rehearsal tests with, unless asked otherwise. */
const BACK_TEST_DAYS = 30;

/** Policy of one account: status, mode and terms. Whoever changes it is named in the account's history. */
@ApiTags('operator')
@ApiParam({ name: 'external_key', example: 'v1:partner:77' })
@ApiResponse({ status: 400, description: '`validation_failed`' })
@ApiResponse({ status: 401, description: 'Not signed in' })
@ApiResponse({ status: 403, description: 'Role not sufficient, or CSRF token missing' })
@Controller('v1/operator/accounts/:external_key')
export class AccountPolicyController {
  constructor(
    private readonly changeStatus: ChangeAccountStatus,
    private readonly changeMode: ChangeBillingMode,
    private readonly rehearseSwitch: RehearseModeSwitch,
    private readonly changeTerms: ChangePaymentTerms,
  ) {}

  @Post('suspend')
  @HttpCode(200)
  @Roles(...OPERATOR_WRITERS)
  @ApiOperation({ summary: 'Suspend: no new holds; open ones may still be settled' })
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

  @Post('reactivate')
  @HttpCode(200)
  @Roles(...OPERATOR_WRITERS)
  @ApiOperation({ summary: 'End a suspension' })
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

  @Post('mode')
  @HttpCode(200)
  @Roles(...OPERATOR_WRITERS)
  @ApiOperation({ summary: 'Switch between POSTPAID and CREDIT, from now on; open holds live on' })
  @ApiResponse({ status: 200, type: OperatorAccount, description: 'In that mode now, or before' })
  @ApiResponse({ status: 404, description: '`account_not_enrolled`' })
  @ApiResponse({
    status: 409,
    description: '`credit_mode_needs_credits`, `plan_required`, `stale_plan`, `stale_version`',
  })
  async mode(
    @CurrentOperator() operator: Operator,
    @Param('external_key') externalKey: string,
    @Body() body: ChangeBillingModeRequest,
  ): Promise<OperatorAccount> {
    const edit = editOf(operator, externalKey, body);
    const options = { force: body.force ?? false, planDigest: body.plan_digest };
    return toOperatorAccount(await this.changeMode.run(edit, body.billing_mode, options));
  }

  @Get('mode/rehearsal')
  @Roles(...STUDIO_ROLES)
  @ApiOperation({ summary: 'What a switch of the mode would mean; nothing is changed' })
  @ApiResponse({ status: 200, type: ModeRehearsal })
  @ApiResponse({ status: 404, description: '`account_not_enrolled`' })
  async rehearseMode(
    @Param('external_key') externalKey: string,
    @Query() query: ModeRehearsalQuery,
  ): Promise<ModeRehearsal> {
    const { accountId } = accountOfKey(externalKey, null);
    return this.rehearseSwitch.run(accountId, query.billing_mode, Number(query.days ?? BACK_TEST_DAYS));
  }

  @Post('payment-terms')
  @HttpCode(200)
  @Roles(...OPERATOR_WRITERS)
  @ApiOperation({ summary: 'Change how many days invoices may stay unpaid' })
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
