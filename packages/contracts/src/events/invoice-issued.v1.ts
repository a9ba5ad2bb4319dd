import { InvoiceFacts } from './invoice-facts.v1.ts';

/** An invoice got its number and is owed. */
export class InvoiceIssuedV1 extends InvoiceFacts {}
