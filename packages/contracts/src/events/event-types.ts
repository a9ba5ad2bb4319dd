import { CommissionCancelledV1 } from './commission-cancelled.v1.ts';
import { DeliverablesReleasedV1 } from './deliverables-released.v1.ts';
import { InvoiceCreatedV1 } from './invoice-created.v1.ts';
import { InvoiceIssuedV1 } from './invoice-issued.v1.ts';
import { InvoicePaidV1 } from './invoice-paid.v1.ts';
import { InvoiceSentV1 } from './invoice-sent.v1.ts';
import { InvoiceVoidedV1 } from './invoice-voided.v1.ts';
import { PaymentRecordedV1 } from './payment-recorded.v1.ts';
import { WorkAcceptedV1 } from './work-accepted.v1.ts';

/** The nine facts V1 tells Studio (EVT-01..09) and the class that types each payload. */
export const EVENT_PAYLOADS = {
  invoice_created: InvoiceCreatedV1,
  invoice_issued: InvoiceIssuedV1,
  invoice_sent: InvoiceSentV1,
  payment_recorded: PaymentRecordedV1,
  invoice_paid: InvoicePaidV1,
  invoice_voided: InvoiceVoidedV1,
  work_accepted: WorkAcceptedV1,
  commission_cancelled: CommissionCancelledV1,
  deliverables_released: DeliverablesReleasedV1,
} as const;

export type V1EventType = keyof typeof EVENT_PAYLOADS;
export type V1EventPayload<Type extends V1EventType> = InstanceType<(typeof EVENT_PAYLOADS)[Type]>;

export const V1_EVENT_TYPES = Object.keys(EVENT_PAYLOADS) as V1EventType[];

/** True for a type whose payload this build knows. Other types are stored as they come. */
export function isV1EventType(value: string): value is V1EventType {
  return Object.hasOwn(EVENT_PAYLOADS, value);
}
