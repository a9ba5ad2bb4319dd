import { InvoiceFacts } from './invoice-facts.v1.ts';

/** An invoice exists as a draft. */
export class InvoiceCreatedV1 extends InvoiceFacts {}
