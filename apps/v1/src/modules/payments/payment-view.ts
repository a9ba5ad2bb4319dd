import type { PaymentMode } from '@tandem/contracts';
import type { Currency } from '../../money/currency.ts';

/** A payment with what people recognise it by. */
export interface PaymentView {
  readonly id: number;
  readonly invoiceId: number;
  readonly invoiceNumber: string | null;
  readonly counterparty: string;
  readonly accountKey: string;
  readonly amountMinor: bigint;
  readonly currency: Currency;
  readonly mode: PaymentMode;
  readonly referenceNo: string | null;
  readonly paidAt: Date;
  readonly recordedAt: Date;
  readonly recordedBy: string;
}
