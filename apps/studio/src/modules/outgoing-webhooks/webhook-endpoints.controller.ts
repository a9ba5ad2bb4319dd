import { Body, Controller, Get, HttpCode, Param, ParseUUIDPipe, Post, Put } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Roles } from '@tandem/platform/identity/access';
import { CurrentOperator, type Operator } from '../../http/current-operator.ts';
import { STUDIO_ROLES } from '../operator/operator-roles.ts';
import { ChangeWebhookEndpoint } from './change-webhook-endpoint.ts';
import { ResendWebhook } from './resend-webhook.ts';
import { WebhookDeliveryQueries } from './webhook-delivery.queries.ts';
import { webhookDeliveryNotFound, webhookEndpointNotFound } from './webhook-endpoint.errors.ts';
import { WebhookEndpointQueries } from './webhook-endpoint.queries.ts';
import {
  ChangeWebhookEndpointRequest,
  RegisterWebhookEndpointRequest,
  RotateWebhookSecretRequest,
  WebhookActRequest,
  WebhookDelivery,
  WebhookEndpoint,
  WebhookEndpoints,
  WebhookEndpointWithSecret,
} from './webhook-endpoints.dto.ts';
import { toWebhookDelivery, toWebhookEndpoint } from './webhook.convert.ts';

/** Where events are sent to. Only admins decide that. */
@ApiTags('outgoing webhooks')
@ApiResponse({ status: 401, description: 'Not signed in' })
@ApiResponse({ status: 403, description: 'Role not sufficient, or CSRF token missing' })
@Controller('v1/operator/webhook-endpoints')
export class WebhookEndpointsController {
  constructor(
    private readonly endpoints: WebhookEndpointQueries,
    private readonly deliveries: WebhookDeliveryQueries,
    private readonly change: ChangeWebhookEndpoint,
    private readonly resend: ResendWebhook,
  ) {}

  @Get()
  @Roles(...STUDIO_ROLES)
  @ApiOperation({ summary: 'All endpoints, oldest first' })
  @ApiResponse({ status: 200, type: WebhookEndpoints })
  async list(): Promise<WebhookEndpoints> {
    return { items: (await this.endpoints.all()).map(toWebhookEndpoint) };
  }

  @Get(':id')
  @Roles(...STUDIO_ROLES)
  @ApiOperation({ summary: 'One endpoint' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiResponse({ status: 200, type: WebhookEndpoint })
  @ApiResponse({ status: 404, description: '`not_found`' })
  async one(@Param('id', ParseUUIDPipe) id: string): Promise<WebhookEndpoint> {
    const row = await this.endpoints.byId(id);
    if (!row) throw webhookEndpointNotFound();
    return toWebhookEndpoint(row);
  }

  @Post()
  @Roles('admin')
  @ApiOperation({ summary: 'Register an endpoint; the answer shows its signing secret, this once' })
  @ApiResponse({ status: 201, type: WebhookEndpointWithSecret })
  @ApiResponse({ status: 400, description: '`validation_failed`, also for a URL that may not be called' })
  @ApiResponse({ status: 409, description: '`already_exists`' })
  async register(
    @CurrentOperator() admin: Operator,
    @Body() body: RegisterWebhookEndpointRequest,
  ): Promise<WebhookEndpointWithSecret> {
    const fields = { url: body.url, description: body.description ?? '', eventTypes: body.event_types };
    const { endpoint, secret } = await this.change.register({ actor: admin, reason: body.reason }, fields);
    return { ...toWebhookEndpoint(endpoint), secret };
  }

  @Put(':id')
  @Roles('admin')
  @ApiOperation({ summary: 'Change an endpoint, or switch it off and on' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiResponse({ status: 200, type: WebhookEndpoint })
  @ApiResponse({ status: 400, description: '`validation_failed`, also for a URL that may not be called' })
  @ApiResponse({ status: 404, description: '`not_found`' })
  @ApiResponse({ status: 409, description: '`already_exists`, `stale_version`' })
  async update(
    @CurrentOperator() admin: Operator,
    @Param('id', ParseUUIDPipe) id: string,
    @Body() body: ChangeWebhookEndpointRequest,
  ): Promise<WebhookEndpoint> {
    const edit = { endpointId: id, version: body.version, actor: admin, reason: body.reason };
    const row = await this.change.update(edit, {
      url: body.url,
      description: body.description ?? '',
      eventTypes: body.event_types,
      isEnabled: body.is_enabled,
    });
    return toWebhookEndpoint(row);
  }

  @Post(':id/rotate-secret')
  @Roles('admin')
  @ApiOperation({ summary: 'Make a new signing secret; the old one signs beside it for a while' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiResponse({ status: 201, type: WebhookEndpointWithSecret })
  @ApiResponse({ status: 404, description: '`not_found`' })
  async rotate(
    @CurrentOperator() admin: Operator,
    @Param('id', ParseUUIDPipe) id: string,
    @Body() body: RotateWebhookSecretRequest,
  ): Promise<WebhookEndpointWithSecret> {
    const edit = { endpointId: id, actor: admin, reason: body.reason };
    const { endpoint, secret } = await this.change.rotateSecret(edit, body.overlap_hours);
    return { ...toWebhookEndpoint(endpoint), secret };
  }

  @Post(':id/test')
  @HttpCode(202)
  @Roles('admin')
  @ApiOperation({ summary: 'Send an event of type `webhook.test` to this endpoint' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiResponse({ status: 202, type: WebhookDelivery, description: 'Queued' })
  @ApiResponse({ status: 404, description: '`not_found`' })
  @ApiResponse({ status: 409, description: '`invalid_transition`: the endpoint is switched off' })
  async test(
    @CurrentOperator() admin: Operator,
    @Param('id', ParseUUIDPipe) id: string,
    @Body() body: WebhookActRequest,
  ): Promise<WebhookDelivery> {
    const deliveryId = await this.resend.test({ actor: admin, reason: body.reason }, id);
    const row = await this.deliveries.byId(deliveryId);
    if (!row) throw webhookDeliveryNotFound();
    return toWebhookDelivery(row);
  }
}
