import { Injectable } from '@nestjs/common';
import type { ShortfallStatus } from '@tandem/contracts';
import { PgPool } from '@tandem/platform/database/pool';
import type { ShortfallSqlRow } from './credits.convert.ts';

/** A shortfall with the key of its account. */
export interface KeyedShortfallSqlRow extends ShortfallSqlRow {
  readonly external_key: string;
  readonly invoice_ref: string | null;
  readonly closed_by: string | null;
  readonly closed_reason: string | null;
  readonly updated_at: Date;
}

/** Columns of a shortfall `s` of an account `a`. */
export const SHORTFALL_COLUMNS = `
  s.account_id, s.shortfall_id, s.amount_micro, s.status, s.ref_type, s.ref_id, s.acceptance, s.created_at, s.updated_at,
  s.invoice_ref, s.closed_by, s.closed_reason, a.external_key`;

/** Reads shortfalls across accounts. */
@Injectable()
export class ShortfallQueries {
  constructor(private readonly pool: PgPool) {}

  /** Newest first, below the row with id `before`; only keys that begin with `namespace`. */
  async page(
    filter: {
      readonly namespace: string | null;
      readonly externalKey?: string | undefined;
      readonly status?: ShortfallStatus | undefined;
    },
    limit: number,
    before: string | undefined,
  ): Promise<KeyedShortfallSqlRow[]> {
    const { rows } = await this.pool.query<KeyedShortfallSqlRow>(
      `SELECT ${SHORTFALL_COLUMNS} FROM shortfalls s JOIN accounts a USING (account_id)
        WHERE ($1::text IS NULL OR starts_with(a.external_key, $1)) AND ($2::text IS NULL OR a.external_key = $2)
          AND ($3::text IS NULL OR s.status = $3)
          AND ($4::uuid IS NULL OR (s.created_at, s.shortfall_id) <
               (SELECT b.created_at, b.shortfall_id FROM shortfalls b WHERE b.shortfall_id = $4 LIMIT 1))
        ORDER BY s.created_at DESC, s.shortfall_id DESC LIMIT $5`,
      [filter.namespace, filter.externalKey ?? null, filter.status ?? null, before ?? null, limit],
    );
    return rows;
  }
}
