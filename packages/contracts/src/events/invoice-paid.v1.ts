import { PaymentRecordedV1 } from './payment-recorded.v1.ts';

/** An invoice was paid in full for the first time; carries the payment that did it. */
export class InvoicePaidV1 extends PaymentRecordedV1 {}
