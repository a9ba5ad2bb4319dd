import { pipeline, Readable } from 'node:stream';
import { StreamableFile } from '@nestjs/common';
import type { LedgerRow } from '@tandem/contracts';
import { stringify } from 'csv-stringify';

const COLUMNS = [
  'seq',
  'id',
  'reason',
  'delta',
  'balance_delta',
  'reserved_delta',
  'balance_after',
  'reserved_after',
  'ref_type',
  'ref_id',
  'acceptance',
  'reservation_id',
  'idempotency_key',
  'client',
  'acting_user',
  'note',
  'created_at',
  'effective_at',
] as const;

/**
 * Movements as a file to download, as RFC 4180 has it. Rows are made as fast as they are fetched, and no faster: what is
 * in memory does not depend on how many there are.
 *
 * @param nameParts of the file; whatever a file name or a header could trip over becomes a dash
 */
export function movementsCsv(rows: AsyncIterable<LedgerRow>, nameParts: readonly string[]): StreamableFile {
  const csv = stringify({
    columns: [...COLUMNS],
    header: true,
    record_delimiter: 'windows',
    // Text that a spreadsheet would run is made plain text; it comes from whoever sent the command.
    escape_formulas: true,
    cast: {
      // A number is no formula, and must stay one below zero too.
      number: (value) => (value < 0 ? { value: String(value), escape_formulas: false } : String(value)),
    },
  });
  // An error of either side ends both; the reader sees a connection that broke, never a file that seems complete.
  pipeline(Readable.from(records(rows)), csv, () => undefined);
  return new StreamableFile(csv, {
    type: 'text/csv; charset=utf-8; header=present',
    disposition: `attachment; filename="${nameParts.join('-').replace(/[^A-Za-z0-9_-]+/g, '-')}.csv"`,
  });
}

async function* records(
  rows: AsyncIterable<LedgerRow>,
): AsyncGenerator<Record<(typeof COLUMNS)[number], string | number | null>> {
  for await (const row of rows) {
    const { client, acting_user, reason: note, acceptance } = row.metadata_json as Record<string, string | null>;
    yield {
      ...row,
      acceptance: acceptance ?? null,
      client: client ?? null,
      acting_user: acting_user ?? null,
      note: note ?? null,
    };
  }
}
