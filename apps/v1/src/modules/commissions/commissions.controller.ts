import { Body, Controller, Get, Headers, HttpCode, Patch, Post, Query, Res } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { parseCredits } from '@tandem/contracts';
import { DomainError, ValidationError } from '@tandem/platform/errors';
import { decodeCursor, encodeCursor } from '@tandem/platform/http/paging';
import { CurrentPrincipal, Roles } from '@tandem/platform/identity/access';
import type { Principal } from '@tandem/platform/identity/principal';
import type { FastifyReply } from 'fastify';
import { IDEMPOTENCY_KEY_HEADER, readIdempotencyKey, REPLAYED_HEADER } from '../../http/idempotency-key.ts';
import { IdParam } from '../../http/id-param.decorator.ts';
import type { Currency } from '../../money/currency.ts';
import { InvalidMoneyError, parseMoney } from '../../money/money.ts';
import type { Actor } from '../audit/actor.ts';
import { CurrentActor } from '../audit/current-actor.decorator.ts';
import { STAFF_READERS, V1_ROLES, WRITERS } from '../identity/roles.ts';
import { SEES_ALL, visibilityOf, type Visibility } from '../identity/visibility.ts';
import type { StudioAnswer } from '../studio-link/studio-answer.ts';
import { ApprovalsQueries } from './approvals.queries.ts';
import { ApproveCommission } from './approve-commission.ts';
import { toBillingStatus, toCommissionBody, toStudioPart, toTimelineEntry } from './commission.convert.ts';
import {
  ApproveCommissionBody,
  CommissionBillingStatus,
  CommissionBody,
  CommissionDetailBody,
  CommissionsPage,
  CommissionsQuery,
  CommissionStepBody,
  DeliverCommissionBody,
  EditCommissionBody,
  ReasonBody,
  ResubmitCommissionBody,
  SubmitCommissionBody,
} from './commission.dto.ts';
import { CommissionQueries, type CommissionWithFunding } from './commissions.queries.ts';
import { DeliverCommission } from './deliver-commission.ts';
import { EditCommission } from './edit-commission.ts';
import { ReturnCommission } from './return-commission.ts';
import { type CommissionRequest, SubmitCommission } from './submit-commission.ts';
import { WithdrawCommission } from './withdraw-commission.ts';

/** Commissioned work: taken in, approved, delivered or cancelled. */
@ApiTags('commissions')
@Controller('v1/commissions')
export class CommissionsController {
  constructor(
    private readonly queries: CommissionQueries,
    private readonly approvals: ApprovalsQueries,
    private readonly submitCommission: SubmitCommission,
    private readonly editCommission: EditCommission,
    private readonly approveCommission: ApproveCommission,
    private readonly withdrawCommission: WithdrawCommission,
    private readonly returnCommission: ReturnCommission,
    private readonly deliverCommission: DeliverCommission,
  ) {}

  @Get()
  @Roles(...V1_ROLES)
  @ApiOperation({ summary: 'Commissions, newest first' })
  @ApiResponse({ status: 200, type: CommissionsPage })
  async list(@CurrentPrincipal() principal: Principal, @Query() query: CommissionsQuery): Promise<CommissionsPage> {
    const before = query.cursor === undefined ? undefined : Number(decodeCursor(query.cursor, 1)[0]);
    if (before !== undefined && !Number.isSafeInteger(before))
      throw new DomainError('bad_request', 'The cursor is not valid.');
    const rows = await this.queries.list(
      { state: query.state, q: query.q, before, limit: query.limit + 1 },
      visibilityOf(principal),
    );
    const page = rows.slice(0, query.limit);
    const last = page.at(-1);
    return {
      commissions: page.map(toCommissionBody),
      next_cursor: rows.length > query.limit && last ? encodeCursor([last.id]) : null,
    };
  }

  @Post()
  @Roles(...WRITERS)
  @ApiOperation({
    summary: 'Submit a commission',
    description:
      'Send a key: a repeat with the same key answers the first commission again. Without one, the same request by ' +
      'the same user within 10 seconds is taken for a repeat.',
  })
  @ApiHeader(IDEMPOTENCY_KEY_HEADER)
  @ApiResponse({ status: 201, type: CommissionBody, headers: REPLAYED_HEADER })
  @ApiResponse({ status: 422, description: '`idempotency_key_reused`: the key belongs to another request' })
  async submit(
    @CurrentActor() actor: Actor,
    @Body() body: SubmitCommissionBody,
    @Headers('idempotency-key') keyHeader: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommissionBody> {
    const key = readIdempotencyKey({ header: keyHeader });
    const { id, isReplay } = await this.submitCommission.run(actor, readRequest(body), key);
    if (isReplay) void reply.header('Idempotent-Replayed', 'true');
    return toCommissionBody(await this.find(id, SEES_ALL));
  }

  @Get(':id')
  @Roles(...V1_ROLES)
  @ApiOperation({ summary: 'One commission with its timeline' })
  @ApiResponse({ status: 200, type: CommissionDetailBody })
  @ApiResponse({ status: 404, description: "Missing, or not the caller's to see" })
  async detail(@CurrentPrincipal() principal: Principal, @IdParam() id: number): Promise<CommissionDetailBody> {
    const commission = await this.find(id, visibilityOf(principal));
    const timeline = await this.queries.timeline(id);
    return { ...toCommissionBody(commission), timeline: timeline.map(toTimelineEntry) };
  }

  @Patch(':id')
  @Roles(...WRITERS)
  @ApiOperation({ summary: 'Correct a commission; who pays does not change once it was approved' })
  @ApiResponse({ status: 200, type: CommissionBody })
  @ApiResponse({ status: 409, description: '`stale_version`, `in_flight`, `invalid_transition`' })
  async edit(
    @CurrentActor() actor: Actor,
    @IdParam() id: number,
    @Body() body: EditCommissionBody,
  ): Promise<CommissionBody> {
    await this.editCommission.run(actor, id, {
      version: body.version,
      title: body.title,
      partnerId: body.partner_id,
      clientId: body.client_id,
    });
    return toCommissionBody(await this.find(id, SEES_ALL));
  }

  @Get(':id/billing-status')
  @Roles(...STAFF_READERS)
  @ApiOperation({ summary: 'Mode and credits of the account that pays' })
  @ApiResponse({ status: 200, type: CommissionBillingStatus })
  async billingStatus(@IdParam() id: number): Promise<CommissionBillingStatus> {
    const commission = await this.find(id, SEES_ALL);
    return toBillingStatus(commission, await this.approvals.affordability(commission));
  }

  @Post(':id/approve')
  @HttpCode(200)
  @Roles(...WRITERS)
  @ApiOperation({ summary: "Approve: Studio's reserve is the gate when Studio answers" })
  @ApiResponse({ status: 200, type: CommissionStepBody })
  @ApiResponse({
    status: 409,
    description: '`soft_gate_insufficient_credits` with `shortfall`, `in_flight`, `invalid_transition`',
  })
  async approve(
    @CurrentActor() actor: Actor,
    @IdParam() id: number,
    @Body() body: ApproveCommissionBody,
  ): Promise<CommissionStepBody> {
    const { answer } = await this.approveCommission.run(actor, id, {
      override: body.override ?? false,
      reason: body.reason ?? null,
      version: body.version,
    });
    return this.stepBody(id, answer);
  }

  @Post(':id/reject')
  @HttpCode(200)
  @Roles(...WRITERS)
  @ApiOperation({ summary: 'Reject; a hold is released' })
  @ApiResponse({ status: 200, type: CommissionStepBody })
  async reject(
    @CurrentActor() actor: Actor,
    @IdParam() id: number,
    @Body() body: ReasonBody,
  ): Promise<CommissionStepBody> {
    const { answer } = await this.withdrawCommission.run(actor, id, { kind: 'reject', ...readStep(body) });
    return this.stepBody(id, answer);
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @Roles(...WRITERS)
  @ApiOperation({ summary: 'Cancel; a hold is released' })
  @ApiResponse({ status: 200, type: CommissionStepBody })
  async cancel(
    @CurrentActor() actor: Actor,
    @IdParam() id: number,
    @Body() body: ReasonBody,
  ): Promise<CommissionStepBody> {
    const { answer } = await this.withdrawCommission.run(actor, id, { kind: 'cancel', ...readStep(body) });
    return this.stepBody(id, answer);
  }

  @Post(':id/needs-information')
  @HttpCode(200)
  @Roles(...WRITERS)
  @ApiOperation({ summary: 'Ask for information; a hold is kept' })
  @ApiResponse({ status: 200, type: CommissionStepBody })
  async requestInformation(
    @CurrentActor() actor: Actor,
    @IdParam() id: number,
    @Body() body: ReasonBody,
  ): Promise<CommissionStepBody> {
    await this.returnCommission.run(actor, id, { step: 'request_information', ...readStep(body) });
    return this.stepBody(id, null);
  }

  @Post(':id/resubmit')
  @HttpCode(200)
  @Roles(...WRITERS)
  @ApiOperation({ summary: 'Submit again after rejection or a question' })
  @ApiResponse({ status: 200, type: CommissionStepBody })
  async resubmit(
    @CurrentActor() actor: Actor,
    @IdParam() id: number,
    @Body() body: ResubmitCommissionBody,
  ): Promise<CommissionStepBody> {
    await this.returnCommission.run(actor, id, {
      step: 'resubmit',
      reason: body.reason ?? null,
      version: body.version,
    });
    return this.stepBody(id, null);
  }

  @Post(':id/deliver')
  @HttpCode(200)
  @Roles(...WRITERS)
  @ApiOperation({ summary: 'Release the deliverable; credits are consumed, never in the way' })
  @ApiResponse({ status: 200, type: CommissionStepBody })
  async deliver(
    @CurrentActor() actor: Actor,
    @IdParam() id: number,
    @Body() body: DeliverCommissionBody,
  ): Promise<CommissionStepBody> {
    const { answer } = await this.deliverCommission.run(actor, id, {
      documentId: body.document_id ?? null,
      version: body.version,
    });
    return this.stepBody(id, answer);
  }

  private async stepBody(id: number, answer: StudioAnswer | null): Promise<CommissionStepBody> {
    return { ...toCommissionBody(await this.find(id, SEES_ALL)), studio: toStudioPart(answer) };
  }

  private async find(id: number, visibility: Visibility): Promise<CommissionWithFunding> {
    const commission = await this.queries.byId(id, visibility);
    if (!commission) throw new DomainError('not_found', 'Commission not found');
    return commission;
  }
}

function readStep(body: ReasonBody): { reason: string; version: number | undefined } {
  return { reason: body.reason, version: body.version };
}

function readRequest(body: SubmitCommissionBody): CommissionRequest {
  const currency = body.currency ?? 'INR';
  return {
    title: body.title,
    partnerId: body.partner_id,
    clientId: body.client_id,
    assignmentId: body.assignment_id,
    feesMinor: body.fees == null ? null : readFees(body.fees, currency),
    currency,
    creditCost: parseCredits(body.credit_cost ?? 1),
  };
}

function readFees(fees: string, currency: Currency): bigint {
  try {
    return parseMoney(fees, currency);
  } catch (error) {
    if (!(error instanceof InvalidMoneyError)) throw error;
    throw new ValidationError([{ path: 'fees', message: `fees ${error.message}` }]);
  }
}
