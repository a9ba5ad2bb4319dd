import { Injectable } from '@nestjs/common';
import { PgPool } from '@tandem/platform/database/pool';
import type { Currency } from '../../money/currency.ts';
import { toMajorNumber } from '../../money/money.ts';
import type { OpenAmount } from './monitor-account.dto.ts';

/** What accounts owe, read for the monitor only. */
@Injectable()
export class OpenAmountQueries {
  constructor(private readonly pool: PgPool) {}

  /** Open invoices of every account, per currency; the currency with most of them first. */
  async byAccount(): Promise<ReadonlyMap<string, OpenAmount[]>> {
    const { rows } = await this.pool.query<{ key: string; currency: Currency; invoices: number; due: string }>(
      `SELECT account_key AS key, currency, count(*)::int AS invoices,
              sum(total_minor - amount_paid_minor - amount_credited_minor)::text AS due
         FROM invoices WHERE state IN ('ISSUED', 'SENT', 'PARTIALLY_PAID')
        GROUP BY account_key, currency ORDER BY invoices DESC, currency`,
    );
    const amounts = new Map<string, OpenAmount[]>();
    for (const { key, currency, invoices, due } of rows) {
      const amount: OpenAmount = {
        currency,
        amount_due: toMajorNumber(BigInt(due), currency),
        amount_due_cents: Number(due),
        open_invoices: invoices,
      };
      amounts.set(key, [...(amounts.get(key) ?? []), amount]);
    }
    return amounts;
  }
}
