import { Body, Controller, Get, Headers, Post, Query, Res, UseGuards } from '@nestjs/common';
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
import { CurrentPrincipal, Roles } from '@tandem/platform/identity/access';
import type { Principal } from '@tandem/platform/identity/principal';
import { toPage } from '@tandem/platform/http/paging';
import type { FastifyReply } from 'fastify';
import { IDEMPOTENCY_KEY_HEADER, readIdempotencyKey, REPLAYED_HEADER } from '../../http/idempotency-key.ts';
import { readIdCursor } from '../../http/cursors.ts';
import { BillingEnabledGuard } from '../../http/billing-enabled.guard.ts';
import { IdParam } from '../../http/id-param.decorator.ts';
import type { Actor } from '../audit/actor.ts';
import { CurrentActor } from '../audit/current-actor.decorator.ts';
import { V1_ROLES, WRITERS } from '../identity/roles.ts';
import { SEES_ALL, visibilityOf } from '../identity/visibility.ts';
import { InvoiceDetail } from '../invoices/invoice-detail.ts';
import { paymentToContract } from './payment-row.ts';
import { PaymentListQuery, PaymentPage, PaymentReceipt, RecordPaymentBody } from './payments.dto.ts';
import { PaymentQueries } from './payments.queries.ts';
import { RecordPayment } from './record-payment.ts';

@ApiTags('payments')
@ApiBearerAuth('bearer')
@ApiUnauthorizedResponse({ description: '`unauthorized`' })
@ApiForbiddenResponse({ description: '`forbidden`: the role may not do this' })
@ApiBadRequestResponse({ description: '`validation_failed` with the path of every faulty field' })
@Controller('v1')
export class PaymentsController {
  constructor(
    private readonly recordPayment: RecordPayment,
    private readonly payments: PaymentQueries,
    private readonly detail: InvoiceDetail,
  ) {}

  @Get('payments')
  @Roles(...V1_ROLES)
  @ApiOperation({ summary: 'List payments, newest first', description: 'A publisher sees those of its client.' })
  @ApiOkResponse({ type: PaymentPage })
  async list(@Query() query: PaymentListQuery, @CurrentPrincipal() principal: Principal): Promise<PaymentPage> {
    const visibility = visibilityOf(principal);
    const payments = await this.payments.list(
      { invoiceId: query.invoice_id, q: query.q, before: readIdCursor(query.cursor), limit: query.limit + 1 },
      visibility,
    );
    const { rows, next_cursor } = toPage(payments, query.limit, (payment) => [payment.id]);
    return { items: rows.map((row) => paymentToContract(row, { hidesActors: visibility.isCustomer })), next_cursor };
  }

  @Post('billing/invoices/:id/payments')
  @UseGuards(BillingEnabledGuard)
  @Roles(...WRITERS)
  @ApiOperation({
    summary: 'Record money that came in for an invoice',
    description:
      'Send a key: a repeat with the same key answers the first payment again (`Idempotent-Replayed: true`). Without ' +
      'one, the same request (amount, mode, reference, time) within 10 seconds is taken for a repeat.',
  })
  @ApiHeader(IDEMPOTENCY_KEY_HEADER)
  @ApiCreatedResponse({ type: PaymentReceipt, headers: REPLAYED_HEADER })
  @ApiNotFoundResponse({ description: '`not_found`' })
  @ApiConflictResponse({ description: '`payment_exceeds_due`, `invalid_transition`, `stale_version`' })
  @ApiUnprocessableEntityResponse({ description: '`idempotency_key_reused`: the key belongs to another payment' })
  async record(
    @IdParam() invoiceId: number,
    @Body() body: RecordPaymentBody,
    @Headers('idempotency-key') keyHeader: string | undefined,
    @CurrentActor() actor: Actor,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PaymentReceipt> {
    const { payment, isReplay } = await this.recordPayment.run(actor, {
      invoiceId,
      amount: body.amount,
      mode: body.mode ?? 'MANUAL',
      referenceNo: body.reference_no ?? null,
      paidAt: body.paid_at == null ? null : new Date(body.paid_at),
      idempotencyKey: readIdempotencyKey({ header: keyHeader, body: body.idempotency_key }),
      version: body.version,
    });
    if (isReplay) void reply.header('Idempotent-Replayed', 'true');
    const invoice = await this.detail.read(invoiceId, SEES_ALL);
    const row = invoice.payments.find(({ payment_id }) => payment_id === payment.id);
    if (row === undefined) throw new Error(`payment ${payment.id} is committed but not among its invoice's payments`);
    return { payment: row, invoice };
  }
}
