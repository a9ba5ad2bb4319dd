import { AssignmentEntity } from './modules/directory/assignment.entity.ts';
import { ClientEntity, PartnerEntity } from './modules/directory/party.entities.ts';
import { InvoiceLineEntity } from './modules/invoices/invoice-line.entity.ts';
import { InvoiceEntity } from './modules/invoices/invoice.entity.ts';
import { PaymentEntity } from './modules/payments/payment.entity.ts';

/** Every TypeORM mapping of V1, listed so that none depends on a folder pattern. */
export const V1_ENTITIES = [
  PartnerEntity,
  ClientEntity,
  AssignmentEntity,
  InvoiceEntity,
  InvoiceLineEntity,
  PaymentEntity,
];
