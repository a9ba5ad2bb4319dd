import { Body, Controller, Headers, Post, Res } from '@nestjs/common';
import { ApiBody, ApiExtraModels, ApiHeader, ApiOperation, ApiResponse, ApiTags, getSchemaPath } from '@nestjs/swagger';
import { BillingEventOutcomes, BillingEventRequest, BillingEventRow, ITEMS_PER_REQUEST_MAX } from '@tandem/contracts';
import { DomainError, ValidationError } from '@tandem/platform/errors';
import { CurrentService, Scopes } from '@tandem/platform/identity/access';
import type { ServicePrincipal } from '@tandem/platform/identity/principal';
import type { FastifyReply } from 'fastify';
import { idempotencyKeyOf } from '../../http/idempotency-key.ts';
import { toBillingEventOutcome } from './event.convert.ts';
import { IngestBillingEvents } from './ingest-billing-events.ts';

const EVENT = getSchemaPath(BillingEventRequest);

/** The inbox for facts of other services (CONTRACT 1.1). */
@ApiTags('events')
@ApiExtraModels(BillingEventRequest, BillingEventRow, BillingEventOutcomes)
@Controller('v1/billing/events')
export class EventsController {
  constructor(private readonly events: IngestBillingEvents) {}

  @Post()
  @Scopes('events:write')
  @ApiOperation({
    summary: 'Store one fact, or many',
    description:
      'A repeat of (account, source_system, idempotency_key) answers the stored row; with another content it is refused. An account nobody enrolled is accepted.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false, description: 'For a single event, instead of the field' })
  @ApiBody({
    schema: {
      oneOf: [{ $ref: EVENT }, { type: 'array', items: { $ref: EVENT }, minItems: 1, maxItems: ITEMS_PER_REQUEST_MAX }],
    },
  })
  @ApiResponse({
    status: 201,
    description: 'The stored row; for an array one outcome per item, in the order sent',
    schema: { oneOf: [{ $ref: getSchemaPath(BillingEventRow) }, { $ref: getSchemaPath(BillingEventOutcomes) }] },
  })
  @ApiResponse({ status: 400, description: '`validation_failed` with field paths, `idempotency_key_required`' })
  @ApiResponse({ status: 401, description: 'No valid service token' })
  @ApiResponse({ status: 403, description: 'Scope `events:write` missing, or account outside the token’s namespace' })
  @ApiResponse({ status: 422, description: '`idempotency_key_reused`' })
  async ingest(
    @CurrentService() service: ServicePrincipal,
    @Body() body: unknown,
    @Headers('idempotency-key') keyHeader: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<BillingEventRow | BillingEventOutcomes> {
    if (Array.isArray(body)) return this.ingestMany(service, body, keyHeader);
    const [outcome] = await this.events.run(service, [withKey(body, keyHeader)]);
    if (outcome === undefined) throw new Error('event intake answered nothing');
    if (outcome.kind === 'refused') throw outcome.refusal;
    if (outcome.kind === 'replayed') void reply.header('Idempotent-Replayed', 'true');
    return outcome.event;
  }

  private async ingestMany(
    service: ServicePrincipal,
    items: readonly unknown[],
    keyHeader: string | undefined,
  ): Promise<BillingEventOutcomes> {
    if (keyHeader !== undefined) {
      throw new DomainError('bad_request', 'Idempotency-Key names a single event: give each item of an array its own');
    }
    if (items.length === 0 || items.length > ITEMS_PER_REQUEST_MAX) {
      throw new ValidationError([{ path: '', message: `an array must have 1 to ${ITEMS_PER_REQUEST_MAX} events` }]);
    }
    return { outcomes: (await this.events.run(service, items)).map(toBillingEventOutcome) };
  }
}

/** The event with its key from the header, when it came there. */
function withKey(body: unknown, keyHeader: string | undefined): unknown {
  if (keyHeader === undefined || typeof body !== 'object' || body === null) return body;
  const bodyKey = (body as { idempotency_key?: unknown }).idempotency_key ?? undefined;
  // A key of another type is refused with the other fields of the event.
  if (bodyKey !== undefined && typeof bodyKey !== 'string') return body;
  return { ...body, idempotency_key: idempotencyKeyOf(keyHeader, bodyKey) };
}
