import 'reflect-metadata';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { createTestDatabase } from '@tandem/devkit/test-database';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { DatabaseModule } from '../database/database.module.ts';
import { PgPool } from '../database/pool.ts';
import { UnitOfWork } from '../database/unit-of-work.ts';
import { addJob } from './add-job.ts';
import { JobTasks, type JobTask } from './job-tasks.ts';
import { JobsModule, type JobsOptions } from './jobs.module.ts';
import { migrateJobs } from './migrate-jobs.ts';

let database: { url: string; drop(): Promise<void> };
let app: INestApplicationContext | undefined;
let second: INestApplicationContext | undefined;

beforeEach(async () => {
  database = await createTestDatabase([], migrateJobs);
});

afterEach(async () => {
  await Promise.all([app?.close(), second?.close()]);
  app = second = undefined;
  await database.drop();
});

/** Boots a worker with one task, called `note`, and maybe one more, called `other`. */
async function boot(
  task: JobTask,
  { other, ...options }: Partial<JobsOptions> & { other?: JobTask } = {},
): Promise<INestApplicationContext> {
  @Module({
    imports: [
      DatabaseModule.forRoot({ url: database.url, poolMax: 3, entities: [], applicationName: 'jobs-spec' }),
      JobsModule.forRoot({ databaseUrl: database.url, enabled: true, ...options }),
    ],
  })
  class JobsSpecModule {
    constructor(private readonly tasks: JobTasks) {}

    onModuleInit() {
      this.tasks.register('note', task);
      if (other) this.tasks.register('other', other);
    }
  }
  return NestFactory.createApplicationContext(JobsSpecModule, { logger: false, abortOnError: false });
}

/** The first worker, and its transactions. */
async function bootFirst(...given: Parameters<typeof boot>): Promise<UnitOfWork> {
  app = await boot(...given);
  return app.get(UnitOfWork);
}

async function query(sql: string): Promise<unknown[]> {
  const client = new pg.Client(database.url);
  await client.connect();
  const { rows } = await client.query(sql);
  await client.end();
  return rows;
}

/** A task that begins and does not end before it is told to. */
function heldTask(): { task: JobTask; begun: Promise<void>; release: () => void; runs: () => number } {
  let begin: () => void;
  let release: () => void = () => undefined;
  let runs = 0;
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const released = new Promise<void>((resolve) => (release = resolve));
  const task: JobTask = () => {
    runs += 1;
    begin();
    return released;
  };
  return { task, begun, release, runs: () => runs };
}

/** Resolves with the payloads once the task ran that often. */
function expectRuns(count: number): { task: JobTask; done: Promise<unknown[]> } {
  const seen: unknown[] = [];
  let finish: (payloads: unknown[]) => void;
  const done = new Promise<unknown[]>((resolve) => (finish = resolve));
  const task: JobTask = async (payload) => {
    seen.push(payload);
    if (seen.length === count) finish(seen);
  };
  return { task, done };
}

/** Makes `note` and `other` tasks of the schedule; it does not come round while the tests run. */
const NEVER = '0 0 29 2 * note\n0 0 29 2 * other';

describe('jobs', () => {
  test('run when their transaction commits, and never when it is rolled back', async () => {
    const { task, done } = expectRuns(1);
    const work = await bootFirst(task);
    const failed = work.run(async (tx) => {
      await addJob(tx, 'note', { of: 'rolled back' });
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    await work.run((tx) => addJob(tx, 'note', { of: 'committed' }));
    expect(await done).toEqual([{ of: 'committed' }]);
  });

  test('with one key run once, with the last payload', async () => {
    const { task, done } = expectRuns(2);
    const work = await bootFirst(task);
    await work.run(async (tx) => {
      await addJob(tx, 'note', { n: 1 }, { jobKey: 'same' });
      await addJob(tx, 'note', { n: 2 }, { jobKey: 'same' });
      await addJob(tx, 'note', { n: 3 });
    });
    expect(new Set((await done).map((payload) => (payload as { n: number }).n))).toEqual(new Set([2, 3]));
  });

  test('finish before the application is closed', async () => {
    let began: () => void;
    const running = new Promise<void>((resolve) => (began = resolve));
    let release: () => void;
    const released = new Promise<void>((resolve) => (release = resolve));
    let isFinished = false;
    const work = await bootFirst(async () => {
      began();
      await released;
      isFinished = true;
    });
    await work.run((tx) => addJob(tx, 'note'));
    await running;
    const closing = app?.close();
    app = undefined;
    release!();
    await closing;
    expect(isFinished).toBe(true);
  });

  test('of the schedule begin as many seconds after their minute as they say, and hold no slot until then', async () => {
    const begun: [string, number][] = [];
    let finish: () => void;
    const done = new Promise<void>((resolve) => (finish = resolve));
    const note = (payload: Readonly<Record<string, unknown>>): void => {
      begun.push([payload.of as string, Date.now()]);
      if (begun.length === 3) finish();
    };
    const work = await bootFirst(async (payload) => note(payload), {
      other: async (payload) => note(payload),
      crontab: NEVER,
      concurrency: 1,
    });
    const minute = Date.now();
    const scheduleOf = (ts: number) => ({ _cron: { ts: new Date(ts).toISOString(), backfilled: false } });
    await work.run(async (tx) => {
      await addJob(tx, 'note', { ...scheduleOf(minute), of: 'scheduled', after_seconds: 4 });
      await addJob(tx, 'other', { ...scheduleOf(minute - 60_000), of: 'late', after_seconds: 1 });
      await addJob(tx, 'other', { of: 'queued', after_seconds: 60 });
    });
    await done;
    expect(begun.map(([of]) => of).toSorted()).toEqual(['late', 'queued', 'scheduled']);
    expect(begun.at(-1)?.[0]).toBe('scheduled');
    // A timer may fire a millisecond or two before the clock has come that far.
    expect(begun.at(-1)?.[1]).toBeGreaterThanOrEqual(minute + 4000 - 5);
  });

  test('of the schedule run once at a time over all processes and never pile up, and others have their turn', async () => {
    const { task, begun, release, runs } = heldTask();
    const { task: other, done } = expectRuns(1);
    // Known since yesterday: the first worker that starts makes up for half an hour, minute by minute, all at once.
    await query(`INSERT INTO graphile_worker._private_known_crontabs VALUES ('note', now() - interval '1 day', NULL)`);
    const options = { other, crontab: '* * * * * note ?fill=30m', concurrency: 1 };
    const work = await bootFirst(task, options);
    second = await boot(task, options);
    await begun;
    const caughtUp = `SELECT FROM graphile_worker._private_known_crontabs WHERE last_execution > now() - interval '2 minutes'`;
    while ((await query(caughtUp)).length === 0) await pause(10);
    for (let n = 0; n < 4; n += 1) await work.run((tx) => addJob(tx, 'note', {}, { jobKey: 'schedule:note' }));
    await work.run((tx) => addJob(tx, 'other'));
    await done;
    const waiting = await query(
      `SELECT FROM graphile_worker.jobs WHERE task_identifier = 'note' AND locked_at IS NULL`,
    );
    expect([runs(), waiting.length <= 1]).toEqual([1, true]);
    release();
  });

  test('of the schedule run again after a process died in the middle of one', async () => {
    const { task, done } = expectRuns(1);
    // What such a process leaves behind: a job that counts as running for hours.
    const work = await bootFirst(task, { crontab: NEVER, enabled: false });
    await work.run((tx) => addJob(tx, 'note', { of: 'dead' }, { jobKey: 'schedule:note' }));
    await query(`UPDATE graphile_worker._private_jobs SET locked_at = now(), locked_by = 'dead', attempts = 1`);
    second = await boot(task, { crontab: NEVER });
    await work.run((tx) => addJob(tx, 'note', { of: 'next' }, { jobKey: 'schedule:note' }));
    expect(await done).toEqual([{ of: 'next' }]);
  });

  test('wait for their time, and for a process that runs jobs', async () => {
    const { task } = expectRuns(1);
    const work = await bootFirst(task, { enabled: false });
    await work.run((tx) =>
      addJob(tx, 'note', { of: 'later' }, { runAt: new Date('2099-01-01T00:00:00Z'), attemptsMax: 3 }),
    );
    const { rows } = await app!.get(PgPool).query('SELECT run_at, max_attempts FROM graphile_worker.jobs');
    expect(rows).toEqual([{ run_at: new Date('2099-01-01T00:00:00Z'), max_attempts: 3 }]);
  });

  test('the schema is installed once by processes that start together', async () => {
    const fresh = await createTestDatabase([]);
    try {
      await expect(Promise.all([migrateJobs(fresh.url), migrateJobs(fresh.url)])).resolves.toBeDefined();
    } finally {
      await fresh.drop();
    }
  });
});
