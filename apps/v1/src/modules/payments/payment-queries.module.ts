import { Module } from '@nestjs/common';
import { PaymentQueries } from './payments.queries.ts';

/** Reads of payments alone: invoices show their payments, while recording a payment needs invoices. */
@Module({ providers: [PaymentQueries], exports: [PaymentQueries] })
export class PaymentQueriesModule {}
