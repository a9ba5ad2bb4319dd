import { expect, test } from '@jest/globals';
import { RepeatingTask } from './repeating-task.ts';

test('runs again after its pause and after a failure, never twice at once, and stop waits for the run under way', async () => {
  let runs = 0;
  let atOnce = 0;
  const errors: unknown[] = [];
  let thirdRun: () => void = () => undefined;
  const third = new Promise<void>((resolve) => {
    thirdRun = resolve;
  });
  let finished = false;
  const task = new RepeatingTask(
    1,
    async () => {
      atOnce += 1;
      expect(atOnce).toBe(1);
      runs += 1;
      if (runs === 3) {
        thirdRun();
        await new Promise((resolve) => setTimeout(resolve, 30));
        finished = true;
      }
      atOnce -= 1;
      if (runs === 1) throw new Error('first run');
    },
    (error) => errors.push(error),
  );
  task.start();
  await third;
  await task.stop();
  expect(finished).toBe(true);
  expect(errors).toEqual([new Error('first run')]);
  const after = runs;
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(runs).toBe(after);
});
