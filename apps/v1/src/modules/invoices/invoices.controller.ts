import { Body, Controller, Get, Headers, HttpCode, Post, Query, Res, UseGuards } from '@nestjs/common';
import {
  ApiBadRequestResponse,
  ApiBearerAuth,
  ApiConflictResponse,
  ApiCreatedResponse,
  ApiForbiddenResponse,
  ApiHeader,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
  ApiUnauthorizedResponse,
  ApiUnprocessableEntityResponse,
} from '@nestjs/swagger';
import { Clock } from '@tandem/platform/clock';
import { CurrentPrincipal, Roles, Scopes } from '@tandem/platform/identity/access';
import type { Principal } from '@tandem/platform/identity/principal';
import type { FastifyReply } from 'fastify';
import { dayOf } from '../../calendar/calendar.ts';
import { V1Config } from '../../config/config.ts';
import { BillingEnabledGuard } from '../../http/billing-enabled.guard.ts';
import { IDEMPOTENCY_KEY_HEADER, readIdempotencyKey, REPLAYED_HEADER } from '../../http/idempotency-key.ts';
import { IdParam } from '../../http/id-param.decorator.ts';
import type { Actor } from '../audit/actor.ts';
import { CurrentActor } from '../audit/current-actor.decorator.ts';
import { V1_ROLES, WRITERS } from '../identity/roles.ts';
import { SEES_ALL, visibilityOf } from '../identity/visibility.ts';
import { CreateInvoice } from './create-invoice.ts';
import { InvoiceDetail } from './invoice-detail.ts';
import { InvoiceDetailRow, InvoicePage } from './invoice-rows.ts';
import { invoiceToContract, newInvoiceFromContract } from './invoice.convert.ts';
import {
  CreateInvoiceBody,
  InvoiceListQuery,
  type InvoiceStatusFilter,
  InvoiceStepBody,
  IssueInvoiceBody,
  VoidInvoiceBody,
} from './invoice.dto.ts';
import { INVOICE_STATES, type InvoiceState, statesOf } from './invoice.ts';
import { InvoiceQueries } from './invoices.queries.ts';
import { IssueInvoice } from './issue-invoice.ts';
import { SendInvoice } from './send-invoice.ts';
import { VoidInvoice } from './void-invoice.ts';

@ApiTags('invoices')
@ApiBearerAuth('bearer')
@ApiUnauthorizedResponse({ description: '`unauthorized`' })
@ApiForbiddenResponse({ description: '`forbidden`: the role may not do this' })
@ApiBadRequestResponse({ description: '`validation_failed` with the path of every faulty field' })
@UseGuards(BillingEnabledGuard)
@Controller('v1/billing/invoices')
export class InvoicesController {
  constructor(
    private readonly createInvoice: CreateInvoice,
    private readonly issueInvoice: IssueInvoice,
    private readonly sendInvoice: SendInvoice,
    private readonly voidInvoice: VoidInvoice,
    private readonly invoices: InvoiceQueries,
    private readonly detail: InvoiceDetail,
    private readonly clock: Clock,
    private readonly config: V1Config,
  ) {}

  @Get()
  @Roles(...V1_ROLES)
  @Scopes('invoices:read')
  @ApiOperation({
    summary: 'List invoices, newest first',
    description: 'A publisher sees the issued ones of its client.',
  })
  @ApiOkResponse({ type: InvoicePage })
  async list(@Query() query: InvoiceListQuery, @CurrentPrincipal() principal: Principal): Promise<InvoicePage> {
    const today = dayOf(this.clock.now(), this.config.billingTimezone);
    const { page, limit, q } = query;
    const { invoices, total } = await this.invoices.list(
      {
        page,
        limit,
        q,
        states: statesFor(query.status),
        dueBefore: query.status === 'overdue' ? today : undefined,
        from: query.from ?? query.start_date,
        to: query.to ?? query.end_date,
      },
      visibilityOf(principal),
    );
    const lines = await this.invoices.lines(invoices.map((invoice) => invoice.id));
    return {
      invoices: invoices.map((invoice) => invoiceToContract(invoice, lines.get(invoice.id) ?? [], today)),
      pagination: { page, limit, total, total_pages: Math.ceil(total / limit) },
    };
  }

  @Get(':id')
  @Roles(...V1_ROLES)
  @Scopes('invoices:read')
  @ApiOperation({ summary: 'Read one invoice with lines, timeline and payments' })
  @ApiOkResponse({ type: InvoiceDetailRow })
  @ApiNotFoundResponse({ description: '`not_found`: no such invoice, or not one the caller may see' })
  read(@IdParam() id: number, @CurrentPrincipal() principal: Principal): Promise<InvoiceDetailRow> {
    return this.detail.read(id, visibilityOf(principal));
  }

  @Post()
  @Roles(...WRITERS)
  @ApiOperation({
    summary: 'Create a draft',
    description:
      'Lines are priced and taxed half-even, line by line. Send a key: a repeat with the same key answers the first ' +
      'draft again. Without one, the same request by the same user within 10 seconds is taken for a repeat.',
  })
  @ApiHeader(IDEMPOTENCY_KEY_HEADER)
  @ApiCreatedResponse({ type: InvoiceDetailRow, headers: REPLAYED_HEADER })
  @ApiUnprocessableEntityResponse({ description: '`idempotency_key_reused`: the key belongs to another request' })
  async create(
    @Body() body: CreateInvoiceBody,
    @Headers('idempotency-key') keyHeader: string | undefined,
    @CurrentActor() actor: Actor,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<InvoiceDetailRow> {
    const key = readIdempotencyKey({ header: keyHeader });
    const { id, isReplay } = await this.createInvoice.run(actor, newInvoiceFromContract(body), key);
    if (isReplay) void reply.header('Idempotent-Replayed', 'true');
    return this.detail.read(id, SEES_ALL);
  }

  @Post(':id/issue')
  @HttpCode(200)
  @Roles(...WRITERS)
  @ApiOperation({ summary: 'Issue a draft: it gets its number and due date and is owed from now on' })
  @ApiOkResponse({ type: InvoiceDetailRow })
  @ApiNotFoundResponse({ description: '`not_found`' })
  @ApiConflictResponse({ description: '`invalid_transition`, `stale_version`' })
  async issue(
    @IdParam() id: number,
    @Body() body: IssueInvoiceBody,
    @CurrentActor() actor: Actor,
  ): Promise<InvoiceDetailRow> {
    await this.issueInvoice.run(actor, {
      id,
      version: body.version,
      dueDate: body.due_date,
      paymentTermsDays: body.payment_terms_days,
    });
    return this.detail.read(id, SEES_ALL);
  }

  @Post(':id/send')
  @HttpCode(200)
  @Roles(...WRITERS)
  @ApiOperation({ summary: 'Note that an issued invoice went to the customer' })
  @ApiOkResponse({ type: InvoiceDetailRow })
  @ApiNotFoundResponse({ description: '`not_found`' })
  @ApiConflictResponse({ description: '`invalid_transition`, `stale_version`' })
  async send(
    @IdParam() id: number,
    @Body() body: InvoiceStepBody,
    @CurrentActor() actor: Actor,
  ): Promise<InvoiceDetailRow> {
    await this.sendInvoice.run(actor, { id, version: body.version });
    return this.detail.read(id, SEES_ALL);
  }

  @Post(':id/void')
  @HttpCode(200)
  @Roles(...WRITERS)
  @ApiOperation({ summary: 'Cancel an invoice nothing was paid on' })
  @ApiOkResponse({ type: InvoiceDetailRow })
  @ApiNotFoundResponse({ description: '`not_found`' })
  @ApiConflictResponse({ description: '`invoice_has_payments`, `invalid_transition`, `stale_version`' })
  async void(
    @IdParam() id: number,
    @Body() body: VoidInvoiceBody,
    @CurrentActor() actor: Actor,
  ): Promise<InvoiceDetailRow> {
    await this.voidInvoice.run(actor, { id, version: body.version, reason: body.reason });
    return this.detail.read(id, SEES_ALL);
  }
}

function statesFor(filter: InvoiceStatusFilter | undefined): readonly InvoiceState[] | undefined {
  if (filter === undefined) return undefined;
  if (filter === 'overdue') return statesOf('open');
  return isState(filter) ? [filter] : statesOf(filter);
}

function isState(filter: string): filter is InvoiceState {
  return (INVOICE_STATES as readonly string[]).includes(filter);
}
