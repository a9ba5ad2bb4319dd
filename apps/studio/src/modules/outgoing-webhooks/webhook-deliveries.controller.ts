import { Body, Controller, Get, HttpCode, Param, ParseUUIDPipe, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { pageLimit, toPage } from '@tandem/platform/http/paging';
import { Roles } from '@tandem/platform/identity/access';
import { CurrentOperator, type Operator } from '../../http/current-operator.ts';
import { readCursor } from '../../http/read-cursor.ts';
import { OPERATOR_WRITERS, STUDIO_ROLES } from '../operator/operator-roles.ts';
import { ResendWebhook } from './resend-webhook.ts';
import { WebhookDeliveryQueries } from './webhook-delivery.queries.ts';
import { webhookDeliveryNotFound, webhookEndpointNotFound } from './webhook-endpoint.errors.ts';
import { WebhookEndpointQueries } from './webhook-endpoint.queries.ts';
import {
  WebhookActRequest,
  WebhookDeliveriesPage,
  WebhookDeliveryDetail,
  WebhookDeliveryListQuery,
} from './webhook-endpoints.dto.ts';
import { toWebhookAttempt, toWebhookDelivery } from './webhook.convert.ts';

const ATTEMPTS_SHOWN_MAX = 100;

/** What was sent, how each try went, and once more please. */
@ApiTags('outgoing webhooks')
@ApiParam({ name: 'id', format: 'uuid' })
@ApiResponse({ status: 401, description: 'Not signed in' })
@ApiResponse({ status: 403, description: 'Role not sufficient, or CSRF token missing' })
@ApiResponse({ status: 404, description: '`not_found`' })
@Controller('v1/operator')
export class WebhookDeliveriesController {
  constructor(
    private readonly endpoints: WebhookEndpointQueries,
    private readonly deliveries: WebhookDeliveryQueries,
    private readonly resend: ResendWebhook,
  ) {}

  @Get('webhook-endpoints/:id/deliveries')
  @Roles(...STUDIO_ROLES)
  @ApiOperation({ summary: 'Messages of an endpoint, newest first' })
  @ApiResponse({ status: 200, type: WebhookDeliveriesPage })
  @ApiResponse({ status: 400, description: '`validation_failed`, or a bad cursor' })
  async page(
    @Param('id', ParseUUIDPipe) endpointId: string,
    @Query() query: WebhookDeliveryListQuery,
  ): Promise<WebhookDeliveriesPage> {
    const limit = pageLimit(query.limit);
    const before = readCursor(query.cursor, ['uuid'])?.[0] ?? undefined;
    if (!(await this.endpoints.byId(endpointId))) throw webhookEndpointNotFound();
    const found = await this.deliveries.page({ endpointId, status: query.status, limit: limit + 1, before });
    const { rows, next_cursor } = toPage(found, limit, (row) => [row.delivery_id]);
    return { items: rows.map(toWebhookDelivery), next_cursor };
  }

  @Get('webhook-deliveries/:id')
  @Roles(...STUDIO_ROLES)
  @ApiOperation({ summary: 'One delivery with its tries' })
  @ApiResponse({ status: 200, type: WebhookDeliveryDetail })
  async one(@Param('id', ParseUUIDPipe) id: string): Promise<WebhookDeliveryDetail> {
    const row = await this.deliveries.byId(id);
    if (!row) throw webhookDeliveryNotFound();
    const attempts = await this.deliveries.attempts(id, ATTEMPTS_SHOWN_MAX);
    return { ...toWebhookDelivery(row), attempt_log: attempts.map(toWebhookAttempt) };
  }

  @Post('webhook-deliveries/:id/redeliver')
  @HttpCode(202)
  @Roles(...OPERATOR_WRITERS)
  @ApiOperation({ summary: 'Send a message again, under the same webhook-id' })
  @ApiResponse({ status: 202, type: WebhookDeliveryDetail, description: 'Queued' })
  @ApiResponse({ status: 409, description: '`invalid_transition`: the endpoint is switched off' })
  async redeliver(
    @CurrentOperator() operator: Operator,
    @Param('id', ParseUUIDPipe) id: string,
    @Body() body: WebhookActRequest,
  ): Promise<WebhookDeliveryDetail> {
    await this.resend.again({ actor: operator, reason: body.reason }, id);
    return this.one(id);
  }
}
