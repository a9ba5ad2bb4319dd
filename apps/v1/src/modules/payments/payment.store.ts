import { Injectable } from '@nestjs/common';
import type { Tx } from '@tandem/platform/database/unit-of-work';
import { MoreThan } from 'typeorm';
import { PaymentEntity } from './payment.entity.ts';
import type { NewPayment, Payment } from './payment.ts';

/** All SQL on payments that belongs to a write. */
@Injectable()
export class PaymentStore {
  async insert(tx: Tx, payment: NewPayment): Promise<Payment> {
    const { identifiers } = await tx.manager.insert(PaymentEntity, { ...payment });
    return { ...payment, id: (identifiers[0] as { id: number }).id };
  }

  /** The payment a key was used for on this invoice. Read it under the invoice's lock. */
  findByKey(tx: Tx, invoiceId: number, idempotencyKey: string): Promise<Payment | null> {
    return tx.manager.findOne(PaymentEntity, { where: { invoiceId, idempotencyKey } });
  }

  /** The newest payment of the same request noted after `since`. Read it under the invoice's lock. */
  findAlike(
    tx: Tx,
    { invoiceId, requestDigest, since }: Pick<Payment, 'invoiceId' | 'requestDigest'> & { since: Date },
  ): Promise<Payment | null> {
    return tx.manager.findOne(PaymentEntity, {
      where: { invoiceId, requestDigest, recordedAt: MoreThan(since) },
      order: { id: 'DESC' },
    });
  }
}
