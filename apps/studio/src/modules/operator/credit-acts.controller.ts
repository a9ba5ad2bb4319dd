import { Body, Controller, Headers, HttpCode, Param, ParseUUIDPipe, Post, Res } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { parseCredits } from '@tandem/contracts';
import { Roles } from '@tandem/platform/identity/access';
import { newId } from '@tandem/platform/ids';
import type { FastifyReply } from 'fastify';
import { CurrentOperator, type Operator } from '../../http/current-operator.ts';
import { idempotencyKeyOf } from '../../http/idempotency-key.ts';
import { toOperatorAccount } from '../accounts/account.convert.ts';
import { accountNotEnrolled } from '../accounts/account.errors.ts';
import { AccountQueries } from '../accounts/account.queries.ts';
import { accountOfKey } from '../accounts/account-selector.ts';
import { OperatorAccount } from '../accounts/operator-account.dto.ts';
import { ApprovalRow } from '../approvals/approval.dto.ts';
import { CreditActAnswers } from './credit-act-answers.ts';
import {
  AdjustCreditsRequest,
  ChangeOverdraftLimitRequest,
  ClawBackRequest,
  CreditActAnswer,
  CreditActRequest,
  GrantAnswer,
  GrantCreditsRequest,
  ReverseEntryRequest,
  TransferCreditsRequest,
} from './credit-acts.dto.ts';
import { CreditActs, type ActContext } from './credit-acts.ts';
import { OPERATOR_WRITERS } from './operator-roles.ts';

/** What operators do to the credits of one account. More than one person may decide alone answers 202. */
@ApiTags('operator')
@ApiParam({ name: 'external_key', example: 'v1:partner:77' })
@ApiHeader({ name: 'Idempotency-Key', required: false, description: 'Instead of idempotency_key in the body' })
@ApiResponse({ status: 202, type: ApprovalRow, description: 'Waits for another administrator' })
@ApiResponse({ status: 400, description: '`validation_failed`, `idempotency_key_required`' })
@ApiResponse({ status: 401, description: 'Not signed in' })
@ApiResponse({ status: 403, description: 'Role not sufficient, CSRF token missing, or `daily_limit_exceeded`' })
@ApiResponse({ status: 404, description: '`account_not_enrolled`' })
@ApiResponse({ status: 422, description: '`idempotency_key_reused`' })
@Controller('v1/operator/accounts/:external_key')
export class CreditActsController {
  constructor(
    private readonly accounts: AccountQueries,
    private readonly acts: CreditActs,
    private readonly answers: CreditActAnswers,
  ) {}

  @Post('grants')
  @Roles(...OPERATOR_WRITERS)
  @ApiOperation({ summary: 'Put credits into the wallet, as a lot with a kind, a priority and an end' })
  @ApiResponse({ status: 201, type: GrantAnswer })
  @ApiResponse({ status: 409, description: '`CREDIT_BALANCE_INVARIANT_FAILED`: more than a wallet may hold' })
  async grant(
    @CurrentOperator() operator: Operator,
    @Param('external_key') externalKey: string,
    @Body() body: GrantCreditsRequest,
    @Headers('idempotency-key') keyHeader: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<GrantAnswer | ApprovalRow> {
    return this.answers.grant(reply, await this.acts.grant(contextOf(operator, externalKey, body, keyHeader), body));
  }

  @Post('adjustments')
  @Roles('admin')
  @ApiOperation({ summary: 'Give or take credits to put something right' })
  @ApiResponse({ status: 201, type: CreditActAnswer })
  @ApiResponse({ status: 409, description: '`INSUFFICIENT_CREDITS`, `CREDIT_BALANCE_INVARIANT_FAILED`' })
  async adjust(
    @CurrentOperator() operator: Operator,
    @Param('external_key') externalKey: string,
    @Body() body: AdjustCreditsRequest,
    @Headers('idempotency-key') keyHeader: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CreditActAnswer | ApprovalRow> {
    return this.answers.act(reply, await this.acts.adjust(contextOf(operator, externalKey, body, keyHeader), body));
  }

  @Post('reversals')
  @Roles('admin')
  @ApiOperation({ summary: 'Undo a movement, or a part of it, by a new one' })
  @ApiResponse({ status: 201, type: CreditActAnswer })
  @ApiResponse({ status: 404, description: '`account_not_enrolled`, `ledger_entry_not_found`' })
  @ApiResponse({ status: 409, description: '`ENTRY_NOT_REVERSIBLE`, `REVERSAL_EXCEEDS_ENTRY`, `INSUFFICIENT_CREDITS`' })
  async reverse(
    @CurrentOperator() operator: Operator,
    @Param('external_key') externalKey: string,
    @Body() body: ReverseEntryRequest,
    @Headers('idempotency-key') keyHeader: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CreditActAnswer | ApprovalRow> {
    return this.answers.act(reply, await this.acts.reverse(contextOf(operator, externalKey, body, keyHeader), body));
  }

  @Post('transfers')
  @Roles('admin')
  @ApiOperation({ summary: 'Move credits to another account' })
  @ApiResponse({ status: 201, type: CreditActAnswer })
  @ApiResponse({ status: 409, description: '`INSUFFICIENT_CREDITS`, `CREDIT_BALANCE_INVARIANT_FAILED`' })
  async transfer(
    @CurrentOperator() operator: Operator,
    @Param('external_key') externalKey: string,
    @Body() body: TransferCreditsRequest,
    @Headers('idempotency-key') keyHeader: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CreditActAnswer | ApprovalRow> {
    return this.answers.act(reply, await this.acts.transfer(contextOf(operator, externalKey, body, keyHeader), body));
  }

  @Post('clawbacks')
  @Roles('admin')
  @ApiOperation({ summary: 'Take back what is left of a purchase; what was spent is a shortfall' })
  @ApiResponse({ status: 201, type: CreditActAnswer })
  @ApiResponse({ status: 404, description: '`account_not_enrolled`, `purchase_not_found`' })
  async clawBack(
    @CurrentOperator() operator: Operator,
    @Param('external_key') externalKey: string,
    @Body() body: ClawBackRequest,
    @Headers('idempotency-key') keyHeader: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CreditActAnswer | ApprovalRow> {
    return this.answers.act(reply, await this.acts.clawBack(contextOf(operator, externalKey, body, keyHeader), body));
  }

  @Post('overdraft-limit')
  @HttpCode(200)
  @Roles('admin')
  @ApiOperation({ summary: 'Let an account use more than it has, up to a limit' })
  @ApiResponse({ status: 200, type: OperatorAccount })
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
    if (request) return request;
    const account = await this.accounts.byId(accountOfKey(externalKey, null).accountId);
    if (!account) throw accountNotEnrolled();
    return toOperatorAccount(account);
  }

  @Post('shortfalls/:shortfall_id/recover')
  @Roles(...OPERATOR_WRITERS)
  @ApiOperation({ summary: 'Pay an open shortfall from the wallet' })
  @ApiResponse({ status: 201, type: CreditActAnswer })
  @ApiResponse({ status: 404, description: '`account_not_enrolled`, `shortfall_not_found`' })
  @ApiResponse({ status: 409, description: '`shortfall_not_open`, `INSUFFICIENT_CREDITS`' })
  async recover(
    @CurrentOperator() operator: Operator,
    @Param('external_key') externalKey: string,
    @Param('shortfall_id', ParseUUIDPipe) shortfallId: string,
    @Body() body: CreditActRequest,
    @Headers('idempotency-key') keyHeader: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CreditActAnswer | ApprovalRow> {
    const context = contextOf(operator, externalKey, body, keyHeader);
    const fields = { shortfallId: shortfallId.toLowerCase() };
    return this.answers.act(reply, await this.acts.everyday(context, 'recover', fields));
  }
}

/** Who it is comes from the session, never from the body. */
export function contextOf(
  operator: Operator,
  externalKey: string,
  body: CreditActRequest,
  keyHeader: string | undefined,
): ActContext {
  const idempotencyKey = idempotencyKeyOf(keyHeader, body.idempotency_key);
  return { operator, externalKey, idempotencyKey, reason: body.reason };
}
