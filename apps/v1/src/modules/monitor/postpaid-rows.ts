import { Injectable } from '@nestjs/common';
import { currencyDecimals, type Currency } from '../../money/currency.ts';
import type { MonitorInvoiceRow } from '../invoices/invoice-rows.ts';
import { InvoiceQueries } from '../invoices/invoices.queries.ts';
import type { PaymentRow } from '../payments/payment-row.ts';
import { PaymentQueries } from '../payments/payments.queries.ts';
import type { MonitorInvoice } from './monitor.dto.ts';

const ROWS_SHOWN = 30;

export interface PostpaidRows {
  readonly v1_invoices: MonitorInvoice[];
  readonly v1_payments: PaymentRow[];
}

/** V1's own truth: it is in V1's database and never waits for Studio. */
@Injectable()
export class PostpaidRowQueries {
  constructor(
    private readonly invoices: InvoiceQueries,
    private readonly payments: PaymentQueries,
  ) {}

  /** Newest invoices and payments of one account, or of all. */
  async newest(accountKey?: string): Promise<PostpaidRows> {
    const [invoices, payments] = await Promise.all([
      this.invoices.recentInvoices({ limit: ROWS_SHOWN, accountKey }),
      this.payments.recentPayments({ limit: ROWS_SHOWN, accountKey }),
    ]);
    return { v1_invoices: invoices.map(withMinorUnits), v1_payments: payments };
  }
}

function withMinorUnits(row: MonitorInvoiceRow): MonitorInvoice {
  const decimals = currencyDecimals(row.currency as Currency);
  // The number has at most 15 digits: its text is exact, a multiplication would not be.
  return { ...row, amount_cents: Number(row.amount.toFixed(decimals).replace('.', '')) };
}
