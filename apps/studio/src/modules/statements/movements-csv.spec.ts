import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import type { LedgerRow } from '@tandem/contracts';
import { movementsCsv } from './movements-csv.ts';

const ROW = { seq: 1, reason: 'CHARGE', delta: -1.5, metadata_json: { client: 'v1' } } as unknown as LedgerRow;

/** Rows without end, that count how many were taken and tell when nobody wants more. */
function endlessRows(): { rows: AsyncGenerator<LedgerRow>; taken: () => number; ended: Promise<void> } {
  let taken = 0;
  let end: () => void;
  const ended = new Promise<void>((resolve) => (end = resolve));
  async function* walk(): AsyncGenerator<LedgerRow> {
    try {
      for (;;) {
        taken += 1;
        yield await Promise.resolve(ROW);
      }
    } finally {
      end();
    }
  }
  return { rows: walk(), taken: () => taken, ended };
}

test('rows are taken no faster than the file is read, and no more once the reader is gone', async () => {
  const { rows, taken, ended } = endlessRows();
  const stream = movementsCsv(rows, ['x']).getStream();
  await once(stream, 'readable');
  stream.read();
  await once(stream, 'readable');
  expect(taken()).toBeLessThan(2000);
  stream.destroy();
  await ended;
});

test('a fault among the rows breaks the file instead of ending it', async () => {
  async function* rows(): AsyncGenerator<LedgerRow> {
    yield ROW;
    throw new Error('the database went away');
  }
  const stream = movementsCsv(rows(), ['x']).getStream();
  stream.resume();
  await expect(once(stream, 'end')).rejects.toThrow('the database went away');
});

test('the name of a file holds nothing a header or a file system could trip over', () => {
  const { rows } = endlessRows();
  const { disposition } = movementsCsv(rows, ['ledger', 'v1:partner:7"\r\nx: y', '../2026-10']).getHeaders();
  expect(disposition).toBe('attachment; filename="ledger-v1-partner-7-x-y--2026-10.csv"');
});
