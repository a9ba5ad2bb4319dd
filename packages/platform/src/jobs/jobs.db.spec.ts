import 'reflect-metadata';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { createTestDatabase } from '@tandem/devkit/test-database';
import { DatabaseModule } from '../database/database.module.ts';
import { PgPool } from '../database/pool.ts';
import { UnitOfWork } from '../database/unit-of-work.ts';
import { addJob } from './add-job.ts';
import { JobTasks, type JobTask } from './job-tasks.ts';
import { JobsModule } from './jobs.module.ts';
import { migrateJobs } from './migrate-jobs.ts';

let database: { url: string; drop(): Promise<void> };
let app: INestApplicationContext | undefined;

beforeAll(async () => {
  database = await createTestDatabase([], migrateJobs);
});

afterEach(async () => {
  await app?.close();
  app = undefined;
});

afterAll(async () => {
  await database?.drop();
});

/** Boots a worker with one task, called `note`. */
async function boot(task: JobTask, enabled = true): Promise<UnitOfWork> {
  @Module({
    imports: [
      DatabaseModule.forRoot({ url: database.url, poolMax: 3, entities: [], applicationName: 'jobs-spec' }),
      JobsModule.forRoot({ databaseUrl: database.url, enabled }),
    ],
  })
  class JobsSpecModule {
    constructor(private readonly tasks: JobTasks) {}

    onModuleInit() {
      this.tasks.register('note', task);
    }
  }
  app = await NestFactory.createApplicationContext(JobsSpecModule, { logger: false, abortOnError: false });
  return app.get(UnitOfWork);
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

describe('jobs', () => {
  test('run when their transaction commits, and never when it is rolled back', async () => {
    const { task, done } = expectRuns(1);
    const work = await boot(task);
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
    const work = await boot(task);
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
    const work = await boot(async () => {
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

  test('of the schedule begin as many seconds after their minute as they say; others, and late ones, at once', async () => {
    const begun: [string, number][] = [];
    let finish: () => void;
    const done = new Promise<void>((resolve) => (finish = resolve));
    const work = await boot(async (payload) => {
      begun.push([payload.of as string, Date.now()]);
      if (begun.length === 3) finish();
    });
    const minute = Date.now() - 1000;
    const schedule = { _cron: { ts: new Date(minute).toISOString(), backfilled: false } };
    await work.run(async (tx) => {
      await addJob(tx, 'note', { ...schedule, of: 'scheduled', after_seconds: 2 });
      await addJob(tx, 'note', { ...schedule, of: 'late', after_seconds: 1 });
      await addJob(tx, 'note', { of: 'queued', after_seconds: 60 });
    });
    await done;
    expect(begun.map(([of]) => of).toSorted()).toEqual(['late', 'queued', 'scheduled']);
    expect(begun.at(-1)?.[0]).toBe('scheduled');
    // A timer may fire a millisecond or two before the clock has come that far.
    expect(begun.at(-1)?.[1]).toBeGreaterThanOrEqual(minute + 2000 - 5);
  });

  test('wait for their time, and for a process that runs jobs', async () => {
    const { task } = expectRuns(1);
    const work = await boot(task, false);
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
