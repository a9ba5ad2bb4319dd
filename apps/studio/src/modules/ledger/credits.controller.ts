import { Body, Controller, Headers, Param, ParseUUIDPipe, Post, Req, Res } from '@nestjs/common';
import { ApiExtraModels, ApiHeader, ApiOperation, ApiResponse, ApiTags, getSchemaPath } from '@nestjs/swagger';
import {
  ChargeCreditsRequest,
  ConsumeCreditsRequest,
  CreditMovementAnswer,
  ExtendReservationRequest,
  IgnoredByPolicy,
  ReleaseCreditsRequest,
  ReserveAnswer,
  ReserveCreditsRequest,
  SettlementAnswer,
} from '@tandem/contracts';
import { Scopes, serviceOf } from '@tandem/platform/identity/access';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { CreditAnswer } from './credit-answers.ts';
import { CreditRequests, type ReadCommand } from './credit-requests.ts';

const REPLAY_HEADER = 'Idempotent-Replayed';

/**
 * Credit commands of other services (CONTRACT 1.1): hold, charge, give back. The busiest routes there are: no parameter but
 * the body goes through pipes, and no promise is awaited that could be handed on.
 */
@ApiTags('credits')
@ApiExtraModels(CreditMovementAnswer, IgnoredByPolicy, ReserveAnswer, SettlementAnswer)
@ApiHeader({ name: 'Idempotency-Key', required: false, description: 'Instead of idempotency_key in the body' })
@Controller('v1/billing/credits')
export class CreditsController {
  constructor(private readonly requests: CreditRequests) {}

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
  reserve(
    @Req() request: FastifyRequest,
    @Body() body: ReserveCreditsRequest,
    @Headers('idempotency-key') keyHeader: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CreditAnswer> {
    return this.answer(reply, this.requests.reserve(serviceOf(request), body, keyHeader));
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
  consume(
    @Req() request: FastifyRequest,
    @Body() body: ConsumeCreditsRequest,
    @Headers('idempotency-key') keyHeader: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CreditAnswer> {
    return this.answer(reply, this.requests.consume(serviceOf(request), body, keyHeader));
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
  release(
    @Req() request: FastifyRequest,
    @Body() body: ReleaseCreditsRequest,
    @Headers('idempotency-key') keyHeader: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CreditAnswer> {
    return this.answer(reply, this.requests.release(serviceOf(request), body, keyHeader));
  }

  @Post('charge')
  @Scopes('credits:charge')
  @ApiOperation({ summary: 'Take credits for usage, all or nothing' })
  @ApiResponse({
    status: 201,
    description: 'Taken, or ignored because the account is POSTPAID',
    schema: { oneOf: [{ $ref: getSchemaPath(CreditMovementAnswer) }, { $ref: getSchemaPath(IgnoredByPolicy) }] },
  })
  @ApiResponse({ status: 402, description: '`insufficient_credits`: nothing moved, and this key stays refused' })
  @ApiResponse({ status: 404, description: '`account_not_enrolled`' })
  @ApiResponse({ status: 409, description: '`ACCOUNT_NOT_ACTIVE`' })
  charge(
    @Req() request: FastifyRequest,
    @Body() body: ChargeCreditsRequest,
    @Headers('idempotency-key') keyHeader: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CreditAnswer> {
    return this.answer(reply, this.requests.charge(serviceOf(request), body, keyHeader));
  }

  @Post('reservations/:id/extend')
  @Scopes('credits:reserve')
  @ApiOperation({ summary: 'Give a hold more time' })
  @ApiResponse({ status: 201, type: CreditMovementAnswer })
  @ApiResponse({ status: 404, description: '`account_not_enrolled`, `reservation_not_found`' })
  @ApiResponse({ status: 409, description: '`RESERVATION_ALREADY_*`: a hold that ended does not come back' })
  extend(
    @Req() request: FastifyRequest,
    @Param('id', ParseUUIDPipe) reservationId: string,
    @Body() body: ExtendReservationRequest,
    @Headers('idempotency-key') keyHeader: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CreditAnswer> {
    return this.answer(reply, this.requests.extend(serviceOf(request), reservationId, body, keyHeader));
  }

  private answer(reply: FastifyReply, command: ReadCommand): Promise<CreditAnswer> {
    return this.requests.run(command).then(({ answer, replayed }) => {
      if (replayed) void reply.header(REPLAY_HEADER, 'true');
      return answer;
    });
  }
}
