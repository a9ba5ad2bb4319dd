import type { Shortfall } from '@tandem/contracts';
import { toShortfallRow } from './credits.convert.ts';
import type { KeyedShortfallSqlRow } from './shortfall.queries.ts';

/** Database row to wire row of a shortfall with its account. */
export function toShortfall(row: KeyedShortfallSqlRow): Shortfall {
  const { external_key, invoice_ref, closed_by, closed_reason } = row;
  return {
    ...toShortfallRow(row),
    external_key,
    invoice_ref,
    closed_by,
    closed_reason,
    updated_at: row.updated_at.toISOString(),
  };
}
