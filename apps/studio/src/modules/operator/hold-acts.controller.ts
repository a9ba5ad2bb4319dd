import { Body, Controller, Headers, Param, ParseUUIDPipe, Post, Res } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { parseCredits } from '@tandem/contracts';
import { Roles } from '@tandem/platform/identity/access';
import type { FastifyReply } from 'fastify';
import { CurrentOperator, type Operator } from '../../http/current-operator.ts';
import { ApprovalRow } from '../approvals/approval.dto.ts';
import { CreditActAnswers } from './credit-act-answers.ts';
import { contextOf } from './credit-acts.controller.ts';
import { ConsumeHoldRequest, CreditActAnswer, CreditActRequest, ExtendHoldRequest } from './credit-acts.dto.ts';
import { CreditActs } from './credit-acts.ts';
import { OPERATOR_WRITERS } from './operator-roles.ts';

/** What operators do to a single hold: everyday acts, each under its own key and with a reason. */
@ApiTags('operator')
@ApiParam({ name: 'external_key', example: 'v1:partner:77' })
@ApiHeader({ name: 'Idempotency-Key', required: false, description: 'Instead of idempotency_key in the body' })
@ApiResponse({ status: 201, type: CreditActAnswer })
@ApiResponse({ status: 400, description: '`validation_failed`, `idempotency_key_required`' })
@ApiResponse({ status: 401, description: 'Not signed in' })
@ApiResponse({ status: 403, description: 'Role not sufficient, or CSRF token missing' })
@ApiResponse({ status: 404, description: '`account_not_enrolled`, `reservation_not_found`' })
@ApiResponse({ status: 409, description: '`RESERVATION_ALREADY_*`, `ALREADY_SETTLED`' })
@ApiResponse({ status: 422, description: '`idempotency_key_reused`' })
@Controller('v1/operator/accounts/:external_key/reservations/:reservation_id')
@Roles(...OPERATOR_WRITERS)
export class HoldActsController {
  constructor(
    private readonly acts: CreditActs,
    private readonly answers: CreditActAnswers,
  ) {}

  @Post('release')
  @ApiOperation({ summary: 'Give a hold back' })
  async release(
    @CurrentOperator() operator: Operator,
    @Param('external_key') externalKey: string,
    @Param('reservation_id', ParseUUIDPipe) reservationId: string,
    @Body() body: CreditActRequest,
    @Headers('idempotency-key') keyHeader: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CreditActAnswer | ApprovalRow> {
    const context = contextOf(operator, externalKey, body, keyHeader);
    const fields = { reservationId: reservationId.toLowerCase() };
    return this.answers.act(reply, await this.acts.everyday(context, 'release', fields));
  }

  @Post('consume')
  @ApiOperation({ summary: 'Charge a hold: all of it, less, or more; much more needs a second person' })
  @ApiResponse({ status: 202, type: ApprovalRow, description: 'A second person must approve it' })
  async consume(
    @CurrentOperator() operator: Operator,
    @Param('external_key') externalKey: string,
    @Param('reservation_id', ParseUUIDPipe) reservationId: string,
    @Body() body: ConsumeHoldRequest,
    @Headers('idempotency-key') keyHeader: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CreditActAnswer | ApprovalRow> {
    const context = contextOf(operator, externalKey, body, keyHeader);
    const amount = body.amount == null ? undefined : parseCredits(body.amount);
    return this.answers.act(reply, await this.acts.consume(context, reservationId.toLowerCase(), amount));
  }

  @Post('extend')
  @ApiOperation({ summary: 'Let a hold live on' })
  async extend(
    @CurrentOperator() operator: Operator,
    @Param('external_key') externalKey: string,
    @Param('reservation_id', ParseUUIDPipe) reservationId: string,
    @Body() body: ExtendHoldRequest,
    @Headers('idempotency-key') keyHeader: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CreditActAnswer | ApprovalRow> {
    const context = contextOf(operator, externalKey, body, keyHeader);
    const fields = { reservationId: reservationId.toLowerCase(), expiresInMinutes: body.expires_in_minutes };
    return this.answers.act(reply, await this.acts.everyday(context, 'extend', fields));
  }
}
