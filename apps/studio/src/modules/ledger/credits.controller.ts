import { Body, Controller, Headers, Post, Res } from '@nestjs/common';
import { ApiExtraModels, ApiHeader, ApiOperation, ApiResponse, ApiTags, getSchemaPath } from '@nestjs/swagger';
import {
  ConsumeCreditsRequest,
  IgnoredByPolicy,
  parseCredits,
  ReleaseCreditsRequest,
  ReserveAnswer,
  ReserveCreditsRequest,
  SettlementAnswer,
} from '@tandem/contracts';
import { ValidationError } from '@tandem/platform/errors';
import { CurrentService, Scopes } from '@tandem/platform/identity/access';
import type { ServicePrincipal } from '@tandem/platform/identity/principal';
import type { FastifyReply } from 'fastify';
import { StudioConfig } from '../../config/config.ts';
import { idempotencyKeyOf } from '../../http/idempotency-key.ts';
import { AccountResolver } from '../accounts/account-selector.ts';
import { answerReserve, answerSettlement, type Answered } from './credit-answers.ts';
import type { CreditCommand, CreditOperation } from './credit-command.ts';
import { CreditLedger } from './credit-ledger.ts';

const REPLAY_HEADER = 'Idempotent-Replayed';

/** Credit commands of other services (CONTRACT 1.1): hold, charge, give back. */
@ApiTags('credits')
@ApiExtraModels(IgnoredByPolicy, ReserveAnswer, SettlementAnswer)
@ApiHeader({ name: 'Idempotency-Key', required: false, description: 'Instead of idempotency_key in the body' })
@Controller('v1/billing/credits')
export class CreditsController {
  constructor(
    private readonly ledger: CreditLedger,
    private readonly accounts: AccountResolver,
    private readonly config: StudioConfig,
  ) {}

  @Post('reserve')
  @Scopes('credits:reserve')
  @ApiOperation({ summary: 'Hold credits for a piece of work' })
  @ApiResponse({
    status: 201,
    description: 'Held, or ignored because the account is POSTPAID',
    schema: { oneOf: [{ $ref: getSchemaPath(ReserveAnswer) }, { $ref: getSchemaPath(IgnoredByPolicy) }] },
  })
  @ApiResponse({ status: 404, description: '`account_not_enrolled`' })
  @ApiResponse({
    status: 409,
    description: '`INSUFFICIENT_CREDITS`, `ACCOUNT_NOT_ACTIVE`, `RESERVATION_ALREADY_ACTIVE`',
  })
  @ApiResponse({ status: 422, description: '`idempotency_key_reused`' })
  async reserve(
    @CurrentService() service: ServicePrincipal,
    @Body() body: ReserveCreditsRequest,
    @Headers('idempotency-key') keyHeader: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ReserveAnswer | IgnoredByPolicy> {
    const command: CreditCommand = {
      ...(await this.commonFields(service, 'reserve', body, keyHeader)),
      amount: parseCredits(body.amount ?? 1),
      refType: body.ref_type,
      refId: body.ref_id,
      expiresInMinutes: body.expires_in_minutes ?? this.config.reservationTimeoutMinutes,
    };
    return send(reply, answerReserve(this.ledger, command, await this.ledger.apply(command)));
  }

  @Post('consume')
  @Scopes('credits:consume')
  @ApiOperation({ summary: 'Charge for delivered work: the hold, less, more, or without a hold' })
  @ApiResponse({
    status: 201,
    description: 'Charged, in part recorded as a shortfall, or ignored by policy',
    schema: { oneOf: [{ $ref: getSchemaPath(SettlementAnswer) }, { $ref: getSchemaPath(IgnoredByPolicy) }] },
  })
  @ApiResponse({ status: 404, description: '`account_not_enrolled`, `reservation_not_found`' })
  @ApiResponse({ status: 409, description: '`RESERVATION_ALREADY_*`, `ALREADY_SETTLED`' })
  async consume(
    @CurrentService() service: ServicePrincipal,
    @Body() body: ConsumeCreditsRequest,
    @Headers('idempotency-key') keyHeader: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SettlementAnswer | IgnoredByPolicy> {
    if (body.on_missing_hold === 'settle' && body.amount == null) {
      throw new ValidationError([{ path: 'amount', message: 'amount is required with on_missing_hold' }]);
    }
    const command: CreditCommand = {
      ...(await this.commonFields(service, 'consume', body, keyHeader)),
      ...selectorFields(body),
      amount: body.amount == null ? undefined : parseCredits(body.amount),
      settleWithoutHold: body.on_missing_hold === 'settle',
    };
    return send(reply, answerSettlement(this.ledger, command, await this.ledger.apply(command)));
  }

  @Post('release')
  @Scopes('credits:release')
  @ApiOperation({ summary: 'Give a hold back' })
  @ApiResponse({
    status: 201,
    description: 'Released, or ignored by policy',
    schema: { oneOf: [{ $ref: getSchemaPath(SettlementAnswer) }, { $ref: getSchemaPath(IgnoredByPolicy) }] },
  })
  @ApiResponse({ status: 404, description: '`account_not_enrolled`, `reservation_not_found`' })
  @ApiResponse({ status: 409, description: '`RESERVATION_ALREADY_*`' })
  async release(
    @CurrentService() service: ServicePrincipal,
    @Body() body: ReleaseCreditsRequest,
    @Headers('idempotency-key') keyHeader: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SettlementAnswer | IgnoredByPolicy> {
    const command: CreditCommand = {
      ...(await this.commonFields(service, 'release', body, keyHeader)),
      ...selectorFields(body),
    };
    return send(reply, answerSettlement(this.ledger, command, await this.ledger.apply(command)));
  }

  private async commonFields(
    service: ServicePrincipal,
    operation: CreditOperation,
    body: ReleaseCreditsRequest | ReserveCreditsRequest,
    keyHeader: string | undefined,
  ): Promise<CreditCommand> {
    const idempotencyKey = idempotencyKeyOf(keyHeader, body.idempotency_key);
    const { accountId } = await this.accounts.resolve(body, service);
    return {
      accountId,
      operation,
      client: service.client,
      idempotencyKey,
      acceptance: body.acceptance ?? undefined,
      actor: body.acting_user ?? undefined,
      reason: body.reason ?? undefined,
    };
  }
}

function selectorFields(body: ReleaseCreditsRequest): Pick<CreditCommand, 'reservationId' | 'refType' | 'refId'> {
  // A JSON null says the same as an absent field.
  const hasReference = body.ref_type != null && body.ref_id != null;
  if (body.reservation_id == null && !hasReference) {
    throw new ValidationError([
      { path: 'reservation_id', message: 'reservation_id, or ref_type and ref_id, is required' },
    ]);
  }
  return {
    reservationId: body.reservation_id ?? undefined,
    refType: body.ref_type ?? undefined,
    refId: body.ref_id ?? undefined,
  };
}

function send<Answer>(reply: FastifyReply, answered: Answered<Answer>): Answer {
  if (answered.replayed) void reply.header(REPLAY_HEADER, 'true');
  return answered.answer;
}
