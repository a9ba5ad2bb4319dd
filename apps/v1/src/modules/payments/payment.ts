import { createHash } from 'node:crypto';
import type { PaymentMode } from '@tandem/contracts';
import type { Currency } from '../../money/currency.ts';

/** Without a key, the same request within this time is taken for a repeated click. */
export const KEYLESS_REPEAT_WINDOW_MS = 10_000;

export interface Payment {
  readonly id: number;
  readonly invoiceId: number;
  readonly amountMinor: bigint;
  readonly currency: Currency;
  readonly mode: PaymentMode;
  readonly referenceNo: string | null;
  /** When the money came in. */
  readonly paidAt: Date;
  readonly idempotencyKey: string | null;
  /** Digest of the request that made it; see `paymentDigest`. */
  readonly requestDigest: string;
  readonly recordedBy: string;
  /** When we noted it. */
  readonly recordedAt: Date;
}

export type NewPayment = Omit<Payment, 'id'>;

/** The fields that make two requests the same payment. `paidAt` is what the request said, not what it defaulted to. */
export interface PaymentRequest {
  readonly amountMinor: bigint;
  readonly mode: PaymentMode;
  readonly referenceNo: string | null;
  readonly paidAt: Date | null;
}

/** SHA-256 over the named fields, so that only the same request is taken for a repeat, with a key or without. */
export function paymentDigest(request: PaymentRequest): string {
  const fields = [
    request.amountMinor.toString(),
    request.mode,
    request.referenceNo,
    request.paidAt?.toISOString() ?? null,
  ];
  return createHash('sha256').update(JSON.stringify(fields)).digest('hex');
}
