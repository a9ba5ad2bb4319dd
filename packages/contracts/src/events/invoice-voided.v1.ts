import { InvoiceFacts } from './invoice-facts.v1.ts';

/** An unpaid invoice was cancelled. */
export class InvoiceVoidedV1 extends InvoiceFacts {}
