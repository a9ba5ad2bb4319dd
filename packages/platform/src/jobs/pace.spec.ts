import { expect, test } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import { Pace } from './pace.ts';

test('work and rest come to the share, and a step answers what its work does', async () => {
  const pace = new Pace(0.25);
  const started = performance.now();
  let workedMs = 0;
  for (const answer of [1, 2, 3]) {
    const began = performance.now();
    const step = pace.step(async () => {
      await pause(10);
      workedMs += performance.now() - began;
      return answer;
    });
    expect(await step).toBe(answer);
  }
  expect(workedMs / (performance.now() - started)).toBeLessThanOrEqual(0.27);
});

test('a shutdown cuts the rest short and says that no step should follow', async () => {
  const shutdown = new AbortController();
  const pace = new Pace(0.000_001, shutdown.signal);
  const step = pace.step(() => pause(5, 'done'));
  setTimeout(() => shutdown.abort(), 20);
  expect(await step).toBe('done');
  expect(pace.isOver).toBe(true);
});

test('a job whose time is over is told that no step should follow', async () => {
  const pace = new Pace(1, undefined, 20);
  expect(pace.isOver).toBe(false);
  await pace.step(() => pause(25));
  expect(pace.isOver).toBe(true);
});

test('a step that fails fails at once', async () => {
  await expect(new Pace(0.000_001).step(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
});
