import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FairQueue } from './fair-queue.ts';

/** Items named by client, account and place, for example `v1/a/0`. */
function filled(...names: string[]): FairQueue<string> {
  const queue = new FairQueue<string>();
  for (const name of names) {
    const [client, account] = name.split('/') as [string, string];
    queue.push(client, account, name);
  }
  return queue;
}

test('takes one of each client in turn, and of a client one of each account in turn', () => {
  const queue = filled('x/a/0', 'x/a/1', 'x/b/0', 'y/a/0', 'y/a/1', 'x/a/2');
  expect(queue.take(6)).toEqual(['x/a/0', 'y/a/0', 'x/b/0', 'y/a/1', 'x/a/1', 'x/a/2']);
});

test('turns go on from one take to the next', () => {
  const queue = filled('x/a/0', 'x/a/1', 'x/a/2', 'y/a/0', 'y/a/1');
  expect(queue.take(1)).toEqual(['x/a/0']);
  expect(queue.take(2)).toEqual(['y/a/0', 'x/a/1']);
  queue.push('z', 'a', 'z/a/0');
  expect(queue.take(9)).toEqual(['y/a/1', 'x/a/2', 'z/a/0']);
});

test('takes what is there and no more than asked, and counts what still waits', () => {
  const queue = filled('x/a/0', 'x/a/1', 'y/a/0');
  expect(queue.size).toBe(3);
  expect(queue.take(0)).toEqual([]);
  expect(queue.take(2)).toHaveLength(2);
  expect(queue.size).toBe(1);
  expect(queue.take(5)).toHaveLength(1);
  expect(queue.size).toBe(0);
  expect(queue.take(5)).toEqual([]);
});

test('takes no more than its share of an account; the rest keeps its order and its turn', () => {
  const queue = filled('x/a/0', 'x/a/1', 'x/a/2', 'x/b/0', 'y/a/0');
  expect(queue.take(9, { ofClient: 9, ofAccount: 2 })).toEqual(['x/a/0', 'y/a/0', 'x/b/0', 'x/a/1']);
  expect(queue.take(9, { ofClient: 9, ofAccount: 2 })).toEqual(['x/a/2']);
  expect(queue.size).toBe(0);
});

test('takes no more than its share of a client, over all its accounts', () => {
  const queue = filled('x/a/0', 'x/b/0', 'x/c/0', 'x/a/1', 'y/a/0');
  expect(queue.take(9, { ofClient: 2, ofAccount: 9 })).toEqual(['x/a/0', 'y/a/0', 'x/b/0']);
  expect(queue.size).toBe(2);
  expect(queue.take(9, { ofClient: 2, ofAccount: 9 })).toEqual(['x/c/0', 'x/a/1']);
});

test('an account is taken whole, from every client that has it; the others keep their turns', () => {
  const queue = filled('x/a/0', 'y/b/0', 'x/b/0', 'z/a/0', 'x/a/1', 'y/b/1');
  expect(queue.takeAccount('a')).toEqual(['x/a/0', 'x/a/1', 'z/a/0']);
  expect(queue.takeAccount('a')).toEqual([]);
  expect(queue.size).toBe(3);
  expect(queue.take(9)).toEqual(['x/b/0', 'y/b/0', 'y/b/1']);
  expect(queue.size).toBe(0);
});

test('whatever is pushed and taken: nothing is lost or taken twice, and each account of a client keeps its order', () => {
  const pushes = fc.tuple(fc.constantFrom('x', 'y', 'z'), fc.constantFrom('a', 'b', 'c'));
  fc.assert(
    fc.property(fc.array(fc.oneof(pushes, fc.integer({ min: 0, max: 4 })), { maxLength: 60 }), (steps) => {
      const queue = new FairQueue<string>();
      const taken: string[] = [];
      const expected = new Map<string, string[]>();
      steps.forEach((step, index) => {
        if (typeof step === 'number') {
          const waiting = queue.size;
          const share = step > 2 ? { ofClient: 3, ofAccount: 2 } : undefined;
          const items = queue.take(step, share);
          if (share) expect(items.length).toBeGreaterThanOrEqual(Math.min(waiting, 1));
          else expect(items).toHaveLength(Math.min(step, waiting));
          taken.push(...items);
        } else {
          const name = step.join('/');
          queue.push(...step, `${name}/${index}`);
          expected.set(name, [...(expected.get(name) ?? []), `${name}/${index}`]);
        }
      });
      taken.push(...queue.take(queue.size));
      for (const [name, items] of expected) expect(taken.filter((item) => item.startsWith(name))).toEqual(items);
      expect(taken).toHaveLength([...expected.values()].flat().length);
    }),
  );
});

test('accounts whose queue is empty come and go by the thousand, and those that wait keep their turns', () => {
  const queue = filled('x/first/0', 'x/second/0');
  let taken = 0;
  for (let n = 0; n < 120_000; n += 1) {
    queue.push('y', `passing${n}`, 'passing');
    queue.push('x', 'first', 'x/first/1');
    taken += queue.take(3).length;
    queue.push('x', 'second', 'x/second/1');
  }
  expect(taken).toBe(3 * 120_000);
  expect(queue.size).toBe(2);
});
