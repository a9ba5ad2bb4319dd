import { describe, expect, jest, test } from '@jest/globals';
import { DomainError } from '@tandem/platform/errors';
import type { CommandOutcome, CreditCommand } from './credit-command.ts';
import { WriteLane } from './write-lane.ts';

const LIMITS = { batchMax: 4, queuePerClientMax: 6, queuePerAccountMax: 5 };
const command = (accountId: string, key: string, client = 'v1'): CreditCommand => ({
  accountId,
  client,
  operation: 'reserve',
  idempotencyKey: key,
});
const done: CommandOutcome = { outcome: 'POSTED' };

/** A database that answers when told to, and remembers the batches it was given. */
function heldDatabase(): {
  batches: string[][];
  answer: (error?: unknown) => Promise<void>;
  locked: Set<string>;
  applyBatch: (rows: readonly CreditCommand[]) => Promise<CommandOutcome[]>;
  lockedAmong: (accountIds: readonly string[]) => Promise<ReadonlySet<string>>;
} {
  const locked = new Set<string>();
  const batches: string[][] = [];
  let pending:
    | { rows: readonly object[]; resolve: (outcomes: CommandOutcome[]) => void; reject: (error: unknown) => void }
    | undefined;
  return {
    batches,
    locked,
    lockedAmong: (accountIds) => Promise.resolve(new Set(accountIds.filter((id) => locked.has(id)))),
    applyBatch: (rows) =>
      new Promise((resolve, reject) => {
        batches.push(rows.map((row) => row.idempotencyKey));
        pending = { rows, resolve, reject };
      }),
    async answer(error) {
      const { rows, resolve, reject } = pending!;
      if (error === undefined) resolve(rows.map(() => done));
      else reject(error);
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

const sqlError = (code: string): Error => Object.assign(new Error(code), { code });

describe('the write lane', () => {
  test('a lone command leaves at once; those that come meanwhile go together in the next round trip, in order', async () => {
    const database = heldDatabase();
    const lane = new WriteLane(database, LIMITS);
    const answers = ['a', 'b', 'c', 'd', 'e'].map((key) => lane.submit(command(key, key)));
    expect(database.batches).toEqual([['a']]);
    await database.answer();
    expect(database.batches).toEqual([['a'], ['b', 'c', 'd', 'e']]);
    await database.answer();
    expect(await Promise.all(answers)).toEqual(Array(5).fill(done));
  });

  test('never sends more than the batch limit', async () => {
    const database = heldDatabase();
    const lane = new WriteLane(database, { ...LIMITS, queuePerClientMax: 100 });
    const answers = Array.from({ length: 10 }, (_, n) => lane.submit(command(`account${n}`, `k${n}`)));
    for (let round = 0; round < 4; round += 1) await database.answer();
    expect(database.batches.map((batch) => batch.length)).toEqual([1, 4, 4, 1]);
    await Promise.all(answers);
  });

  test('a flood takes whole batches while it is alone, and its share of them while somebody else sends', async () => {
    const database = heldDatabase();
    const lane = new WriteLane(database, { batchMax: 256, queuePerClientMax: 500, queuePerAccountMax: 500 });
    const flood = (count: number, name: string) =>
      Array.from({ length: count }, (_, n) => lane.submit(command('hot', `${name}${n}`)));
    const answers = flood(33, 'a');
    await database.answer();
    expect(database.batches.map((batch) => batch.length)).toEqual([1, 17]);
    answers.push(...flood(32, 'b'), lane.submit(command('calm', 'calm', 'other')));
    await database.answer();
    expect(database.batches[2]).toHaveLength(9);
    expect(database.batches[2]).toContain('calm');
    while (database.batches.flat().length < 66) await database.answer();
    await database.answer();
    await Promise.all(answers);
    expect(Math.max(...database.batches.slice(3).map((batch) => batch.length))).toBe(8);
    // In the order they came.
    expect(database.batches.flat().filter((key) => key.startsWith('b'))).toEqual(
      Array.from({ length: 32 }, (_, n) => `b${n}`),
    );
  });

  test('of many under way half go at a time, so that database and service work at once', async () => {
    const database = heldDatabase();
    const lane = new WriteLane(database, { batchMax: 256, queuePerClientMax: 500, queuePerAccountMax: 500 });
    const submit = (count: number, name: string) =>
      Array.from({ length: count }, (_, n) => lane.submit(command(`account${n}`, `${name}${n}`)));
    const answers = submit(64, 'a');
    await database.answer();
    answers.push(...submit(1, 'b'));
    await database.answer();
    answers.push(...submit(32, 'c'));
    await database.answer();
    await database.answer();
    await Promise.all(answers);
    expect(database.batches.map((batch) => batch.length)).toEqual([1, 32, 32, 32]);
  });

  test('clients take turns, and so do the accounts of a client, each account in its own order', async () => {
    const database = heldDatabase();
    const lane = new WriteLane(database, { batchMax: 4, queuePerClientMax: 100, queuePerAccountMax: 100 });
    const answers = [lane.submit(command('zero', 'first'))];
    for (const key of ['f1', 'f2', 'f3', 'f4', 'f5']) answers.push(lane.submit(command('flooded', key)));
    answers.push(lane.submit(command('calm', 'c1')), lane.submit(command('calm', 'c2')));
    answers.push(lane.submit(command('flooded', 'other', 'another client')));
    for (let round = 0; round < 3; round += 1) await database.answer();
    await Promise.all(answers);
    expect(database.batches).toEqual([['first'], ['f1', 'other', 'c1', 'f2'], ['c2', 'f3', 'f4', 'f5']]);
  });

  test('a newcomer is in the next round trip, however much one account or one client has waiting', async () => {
    const database = heldDatabase();
    const lane = new WriteLane(database, { batchMax: 4, queuePerClientMax: 100, queuePerAccountMax: 100 });
    const answers = Array.from({ length: 20 }, (_, n) => lane.submit(command('flooded', `f${n}`)));
    await database.answer();
    answers.push(lane.submit(command('calm', 'same client')), lane.submit(command('calm', 'other client', 'calm')));
    await database.answer();
    expect(database.batches[2]).toEqual(expect.arrayContaining(['same client', 'other client']));
    for (let round = 0; round < 5; round += 1) await database.answer();
    await Promise.all(answers);
  });

  test('a client or account with too much waiting is refused, others are not', async () => {
    const database = heldDatabase();
    const lane = new WriteLane(database, LIMITS);
    const flood = Array.from({ length: 5 }, (_, n) => lane.submit(command('one', `k${n}`)));
    await expect(lane.submit(command('one', 'more'))).rejects.toThrow(DomainError);
    const sixth = lane.submit(command('two', 'k'));
    await expect(lane.submit(command('three', 'k'))).rejects.toThrow(/Too many/);
    const other = lane.submit(command('three', 'k', 'another client'));
    await database.answer();
    await database.answer();
    await database.answer();
    await Promise.all([...flood, sixth, other]);
    await expect(
      Promise.race([lane.submit(command('one', 'again')), database.answer().then(() => done)]),
    ).resolves.toEqual(done);
  });

  test('a batch that Postgres gave up for a deadlock runs again, bounded', async () => {
    const database = heldDatabase();
    const lane = new WriteLane(database, LIMITS);
    const answer = lane.submit(command('one', 'k'));
    await database.answer(sqlError('40P01'));
    await database.answer(sqlError('40001'));
    await database.answer();
    expect(await answer).toEqual(done);
    const hopeless = lane.submit(command('one', 'k2'));
    const failure = expect(hopeless).rejects.toThrow('40P01');
    for (let attempt = 0; attempt < 3; attempt += 1) await database.answer(sqlError('40P01'));
    await failure;
  });

  test('one command at fault fails alone: the others of its batch are applied without it', async () => {
    const database = heldDatabase();
    const lane = new WriteLane(database, LIMITS);
    const first = lane.submit(command('zero', 'first'));
    const good = [lane.submit(command('good', 'g')), lane.submit(command('mixed', 'm1'))];
    const bad = lane.submit(command('mixed', 'm2'));
    const failure = expect(bad).rejects.toThrow('23514');
    await database.answer();
    await database.answer(sqlError('23514'));
    await database.answer();
    await database.answer(sqlError('23514'));
    await database.answer();
    await database.answer(sqlError('23514'));
    expect(await Promise.all([first, ...good])).toEqual([done, done, done]);
    await failure;
    expect(database.batches).toEqual([['first'], ['g', 'm1', 'm2'], ['g'], ['m1', 'm2'], ['m1'], ['m2']]);
  });

  test('a locked wallet delays its neighbours once: its commands are not attempted, and later ones are answered at once', async () => {
    const database = heldDatabase();
    const lane = new WriteLane(database, LIMITS);
    const first = lane.submit(command('zero', 'first'));
    const good = lane.submit(command('good', 'g'));
    const locked = [lane.submit(command('locked', 'l1')), lane.submit(command('locked', 'l2'))];
    const refused = { code: 'not_attempted', status: 503 };
    const failures = Promise.all(locked.map((answer) => expect(answer).rejects.toMatchObject(refused)));
    await database.answer();
    await database.answer(sqlError('55P03'));
    await database.answer();
    await database.answer(sqlError('55P03'));
    await failures;
    expect(await Promise.all([first, good])).toEqual([done, done]);
    expect(database.batches).toEqual([['first'], ['g', 'l1', 'l2'], ['g'], ['l1', 'l2']]);
    await expect(lane.submit(command('locked', 'l3'))).rejects.toThrow(/busy/);
    const next = lane.submit(command('good', 'g2'));
    await database.answer();
    expect(await next).toEqual(done);
  });

  test('what waits for an account behind a command that was not attempted is not attempted either', async () => {
    const database = heldDatabase();
    const lane = new WriteLane(database, LIMITS);
    const refused = { code: 'not_attempted' };
    const answers = ['l1', 'l2'].map((key) =>
      expect(lane.submit(command('locked', key))).rejects.toMatchObject(refused),
    );
    const other = lane.submit(command('locked', 'l3', 'another client'));
    const third = expect(other).rejects.toMatchObject(refused);
    await database.answer(sqlError('55P03'));
    await Promise.all([...answers, third]);
    expect(database.batches).toEqual([['l1']]);
  });

  test.each(['55P03', '57014'])(
    'after %s, wallets known to be held are set aside at once, and the others go on',
    async (state) => {
      const database = heldDatabase();
      const lane = new WriteLane(database, { ...LIMITS, batchMax: 10 });
      const first = lane.submit(command('zero', 'first'));
      const held = ['one', 'two', 'three'].map((account) => {
        database.locked.add(account);
        return expect(lane.submit(command(account, account))).rejects.toMatchObject({ code: 'not_attempted' });
      });
      const good = lane.submit(command('good', 'g'));
      await database.answer();
      await database.answer(sqlError(state));
      await database.answer();
      await Promise.all(held);
      expect(await Promise.all([first, good])).toEqual([done, done]);
      expect(database.batches).toEqual([['first'], ['one', 'two', 'three', 'g'], ['g']]);
    },
  );

  test('a lost connection leaves every command of the batch unknown: none is tried again behind the caller', async () => {
    const database = heldDatabase();
    const lane = new WriteLane(database, LIMITS);
    const answers = [lane.submit(command('one', 'a'))];
    const failure = expect(answers[0]).rejects.toThrow('Connection terminated');
    await database.answer(new Error('Connection terminated'));
    await failure;
    expect(database.batches).toEqual([['a']]);
  });

  test('refuses at the limit and not before it: of a client with Retry-After, of an account while others go on', async () => {
    const lane = new WriteLane(
      { ...heldDatabase(), applyBatch: () => new Promise(() => undefined) },
      {
        batchMax: 4,
        queuePerClientMax: 3,
        queuePerAccountMax: 2,
      },
    );
    const overloaded = expect.objectContaining({ code: 'overloaded', status: 503, headers: { 'Retry-After': '1' } });
    void lane.submit(command('one', 'k1'));
    void lane.submit(command('one', 'k2'));
    await expect(lane.submit(command('one', 'k3'))).rejects.toThrow(overloaded);
    void lane.submit(command('two', 'k4'));
    await expect(lane.submit(command('two', 'k5'))).rejects.toThrow(overloaded);
    void lane.submit(command('two', 'k5', 'another client'));
    await expect(lane.submit(command('two', 'k6', 'another client'))).rejects.toThrow(
      'Too many credit commands are waiting',
    );
  });

  test('what was refused takes nobody’s place, and what was answered gives its place back', async () => {
    const database = heldDatabase();
    const lane = new WriteLane(database, { ...LIMITS, queuePerAccountMax: 2 });
    for (let round = 0; round < 3; round += 1) {
      const answers = ['a', 'b'].map((key) => lane.submit(command('one', `${key}${round}`)));
      await expect(lane.submit(command('one', 'more'))).rejects.toThrow(DomainError);
      await database.answer();
      await database.answer();
      await Promise.all(answers);
    }
    expect(database.batches).toEqual([['a0'], ['b0'], ['a1'], ['b1'], ['a2'], ['b2']]);
  });

  test('each answer gives back one place, not all', async () => {
    const database = heldDatabase();
    const lane = new WriteLane(database, { ...LIMITS, queuePerAccountMax: 2 });
    const answers = ['a', 'b'].map((key) => lane.submit(command('one', key)));
    await database.answer();
    answers.push(lane.submit(command('one', 'c')));
    await expect(lane.submit(command('one', 'd'))).rejects.toThrow('Too many');
    await database.answer();
    await database.answer();
    expect(await Promise.all(answers)).toEqual(Array(3).fill(done));
  });

  test.each(['40001', '40P01'])('a batch given up with %s runs at most three times, whole each time', async (state) => {
    const database = heldDatabase();
    const lane = new WriteLane(database, LIMITS);
    const failures = ['a', 'b', 'c'].map((key) => expect(lane.submit(command(key, key))).rejects.toThrow(state));
    for (let attempt = 0; attempt < 6; attempt += 1) await database.answer(sqlError(state));
    await Promise.all(failures);
    expect(database.batches).toEqual([['a'], ['a'], ['a'], ['b', 'c'], ['b', 'c'], ['b', 'c']]);
  });

  test.each(['22003', '23505', 'P0001'])('%s is the fault of one command, which then goes alone', async (state) => {
    const database = heldDatabase();
    const lane = new WriteLane(database, LIMITS);
    const first = lane.submit(command('zero', 'first'));
    const [good, bad] = [lane.submit(command('good', 'g')), lane.submit(command('bad', 'b'))];
    const failure = expect(bad).rejects.toThrow(state);
    await database.answer();
    await database.answer(sqlError(state));
    await database.answer();
    await database.answer(sqlError(state));
    await failure;
    expect(await Promise.all([first, good])).toEqual([done, done]);
    expect(database.batches).toEqual([['first'], ['g', 'b'], ['g'], ['b']]);
  });

  test.each([
    ['a lost connection', new Error('lost')],
    ['a shutdown', sqlError('57P01')],
    ['a full disk, whose state only ends like a fault of data', sqlError('53P00')],
    ['a code that is no state', sqlError('ECONNRESET')],
    ['a longer code', sqlError('235050')],
    ['a longer code before the state', sqlError('x23505')],
    ['a code that is a number', Object.assign(new Error('number'), { code: 23_505 })],
    ['nothing at all', null],
  ])('after %s the fate of the batch is unknown: all are told, none goes again', async (_name, error) => {
    const database = heldDatabase();
    const lane = new WriteLane(database, LIMITS);
    const first = lane.submit(command('zero', 'first'));
    const both = Promise.allSettled([lane.submit(command('one', 'a')), lane.submit(command('two', 'b'))]);
    await database.answer();
    await database.answer(error);
    expect(await both).toEqual(Array(2).fill({ status: 'rejected', reason: error }));
    await first;
    expect(database.batches).toEqual([['first'], ['a', 'b']]);
  });

  test('a locked wallet is tried again after two seconds, as its callers are told', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    try {
      const database = heldDatabase();
      const lane = new WriteLane(database, LIMITS);
      const locked = lane.submit(command('locked', 'l1'));
      const busy = {
        code: 'not_attempted',
        message: 'The wallet is busy; the command was not attempted. Send it again with the same key',
        headers: { 'Retry-After': '2' },
      };
      const failure = expect(locked).rejects.toMatchObject(busy);
      await database.answer(sqlError('55P03'));
      await failure;
      jest.advanceTimersByTime(1999);
      await expect(lane.submit(command('locked', 'l2'))).rejects.toThrow(expect.objectContaining(busy));
      jest.advanceTimersByTime(1);
      const again = lane.submit(command('locked', 'l3'));
      await database.answer();
      expect(await again).toEqual(done);
      expect(database.batches).toEqual([['l1'], ['l3']]);
    } finally {
      jest.useRealTimers();
    }
  });

  test('two wallets locked at once are both left alone until their time is over', async () => {
    const database = heldDatabase();
    database.locked.add('left').add('right');
    const lane = new WriteLane(database, LIMITS);
    const first = lane.submit(command('zero', 'first'));
    const both = Promise.allSettled(['left', 'right'].map((account) => lane.submit(command(account, account))));
    await database.answer();
    await database.answer(sqlError('55P03'));
    for (const { status } of await both) expect(status).toBe('rejected');
    for (const account of ['left', 'right']) {
      await expect(lane.submit(command(account, 'again'))).rejects.toMatchObject({ code: 'not_attempted' });
    }
    expect(await first).toEqual(done);
    expect(database.batches).toEqual([['first'], ['left', 'right']]);
  });

  test('when nobody can say which wallets are locked, each account finds out by itself', async () => {
    const database = heldDatabase();
    const lane = new WriteLane({ ...database, lockedAmong: () => Promise.reject(new Error('lost')) }, LIMITS);
    const first = lane.submit(command('zero', 'first'));
    const good = lane.submit(command('good', 'g'));
    const failure = expect(lane.submit(command('locked', 'l'))).rejects.toMatchObject({ code: 'not_attempted' });
    await database.answer();
    await database.answer(sqlError('55P03'));
    await database.answer();
    await database.answer(sqlError('55P03'));
    await failure;
    expect(await Promise.all([first, good])).toEqual([done, done]);
    expect(database.batches).toEqual([['first'], ['g', 'l'], ['g'], ['l']]);
  });

  test('the next round trip is on its way before the answers of the last are given', async () => {
    const order: string[] = [];
    const applyBatch = async (rows: readonly CreditCommand[]): Promise<CommandOutcome[]> => {
      order.push(`sent ${rows.map((row) => row.idempotencyKey).join()}`);
      return rows.map(() => done);
    };
    const lane = new WriteLane({ ...heldDatabase(), applyBatch }, LIMITS);
    const answers = ['a', 'b', 'c'].map((key) => lane.submit(command(key, key)).then(() => order.push(`told ${key}`)));
    await Promise.all(answers);
    expect(order).toEqual(['sent a', 'sent b,c', 'told a', 'told b', 'told c']);
  });

  test('each command gets its own outcome; one the ledger left out is told so', async () => {
    const applyBatch = async (rows: readonly CreditCommand[]): Promise<CommandOutcome[]> =>
      rows.slice(0, 2).map((row) => ({ outcome: 'POSTED', seq: Number(row.idempotencyKey) }));
    const lane = new WriteLane({ ...heldDatabase(), applyBatch }, LIMITS);
    const answers = await Promise.allSettled(['0', '1', '2', '3'].map((key) => lane.submit(command('one', key))));
    expect(answers.slice(0, 3)).toEqual(
      [0, 1, 2].map((seq) => ({ status: 'fulfilled', value: { outcome: 'POSTED', seq } })),
    );
    expect(answers[3]).toMatchObject({
      reason: { message: 'the ledger answered fewer outcomes than commands' },
    });
  });

  test('fewer than sixteen go together', async () => {
    const database = heldDatabase();
    const lane = new WriteLane(database, { batchMax: 256, queuePerClientMax: 500, queuePerAccountMax: 500 });
    const answers = Array.from({ length: 18 }, (_, n) => lane.submit(command(`account${n}`, `k${n}`)));
    for (let round = 0; round < 3; round += 1) await database.answer();
    await Promise.all(answers);
    expect(database.batches.map((batch) => batch.length)).toEqual([1, 16, 1]);
  });
});
