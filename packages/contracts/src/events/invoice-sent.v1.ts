import { InvoiceFacts } from './invoice-facts.v1.ts';

/** An issued invoice went to the customer. */
export class InvoiceSentV1 extends InvoiceFacts {}
