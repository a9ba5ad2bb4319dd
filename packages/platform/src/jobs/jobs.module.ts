import {
  Logger,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import {
  Logger as WorkerLogger,
  run,
  type JobHelpers,
  type ParsedCronItem,
  type Runner,
  type TaskList,
} from 'graphile-worker';
import pg from 'pg';
import { newId } from '../ids.ts';
import { requestContext } from '../http/request-context.ts';
import { JobTasks, type JobTask } from './job-tasks.ts';
import { migrateJobs } from './migrate-jobs.ts';
import { parseSchedule } from './parse-schedule.ts';
import { runAlone } from './run-alone.ts';

export interface JobsOptions {
  readonly databaseUrl: string;
  /** False: this process queues jobs but runs none. */
  readonly enabled: boolean;
  /** Jobs run at once; 4 by default. */
  readonly concurrency?: number;
  /**
   * Lines in graphile-worker's crontab format, in UTC; one per registered task. A task named here runs at most once at a
   * time over all processes: a job that finds it running ends without doing anything, the schedule comes again. A line's
   * payload may say by `after_seconds` how long after the minute its work begins (give or take two seconds), so that not
   * everything does at once.
   */
  readonly crontab?: string;
  /** False: a job's lines carry no id of their own; see the option of the same name of the HTTP server. */
  readonly keepsContext?: boolean;
}

const LOG_LEVELS = { error: 'error', warning: 'warn', info: 'debug', debug: 'verbose' } as const;

/** Runs the registered tasks from application start to shutdown, over a small pool of its own. */
class JobWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Jobs');
  private pool: pg.Pool | undefined;
  private runner: Runner | undefined;

  constructor(
    private readonly options: JobsOptions,
    private readonly tasks: JobTasks,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await migrateJobs(this.options.databaseUrl);
    if (!this.options.enabled) return;
    const schedule = parseSchedule(this.options.crontab ?? '');
    const concurrency = this.options.concurrency ?? 4;
    // One connection per job for the queue's own statements, one that listens, one for the schedule.
    this.pool = new pg.Pool({
      connectionString: this.options.databaseUrl,
      max: concurrency + 2,
      connectionTimeoutMillis: 5000,
      application_name: 'jobs',
    });
    this.pool.on('error', (error) => this.logger.warn(`The job queue lost a connection: ${error.message}`));
    // A lent-out connection that is lost shows in its query; without a listener it would also end the process.
    this.pool.on('connect', (client) => client.on('error', () => undefined));
    this.runner = await run({
      pgPool: this.pool,
      concurrency,
      noHandleSignals: true,
      pollInterval: 2000,
      taskList: this.taskList(schedule),
      parsedCronItems: schedule,
      logger: new WorkerLogger(() => (level, message) => this.logger[LOG_LEVELS[level]](message)),
    });
    this.runner.promise.catch((error: unknown) => this.logger.error(error));
  }

  /** Before the server closes: no new job is taken, running ones finish. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.runner?.stop();
    // The worker does not wait until the end of its last jobs is written, and a pool that ends forgets who is in line for a
    // connection: whoever stood there before this statement has one when it returns.
    await this.pool
      ?.query('SELECT')
      .catch((error: unknown) => this.logger.warn(`The job queue is away: ${String(error)}`));
    await this.pool?.end();
  }

  private taskList(schedule: readonly ParsedCronItem[]): TaskList {
    const scheduled = new Set(schedule.map(({ task }) => task));
    const entries = [...this.tasks.entries()].map(
      ([name, task]) =>
        [name, this.inContext(scheduled.has(name) ? this.scheduledTask(name, task) : plainTask(task))] as const,
    );
    return Object.fromEntries(entries);
  }

  /** A job that comes before its second is queued anew for it, so that nobody's slot is taken by waiting. */
  private scheduledTask(name: string, task: JobTask): WorkerTask {
    const work = plainTask(task);
    return async (payload, helpers) => {
      const { after_seconds: seconds, ...rest } = (payload ?? {}) as Record<string, unknown>;
      const second = secondOf(rest, seconds);
      if (second.getTime() > Date.now()) {
        // Under a key of its own and without `after_seconds`: one waits at most, is never put off again, and runs.
        await helpers.addJob(name, rest, {
          runAt: second,
          jobKey: `second:${name}`,
          jobKeyMode: 'preserve_run_at',
          maxAttempts: helpers.job.max_attempts,
        });
        return;
      }
      const isDone = await runAlone(
        this.options.databaseUrl,
        name,
        () => work(payload, helpers),
        (error) => this.logger.warn(`The lock of the job ${name} was lost: ${error.message}`),
      );
      if (!isDone) this.logger.debug(`The job ${name} is under way already`);
    };
  }

  /** With an id of its own, so that a job's lines can be found together, in both services. */
  private inContext(task: WorkerTask): WorkerTask {
    if (this.options.keepsContext === false) return task;
    return (payload, helpers) => requestContext.run({ requestId: newId() }, () => task(payload, helpers));
  }
}

type WorkerTask = (payload: unknown, helpers: JobHelpers) => Promise<void>;

function plainTask(task: JobTask): WorkerTask {
  return (payload, { job, abortSignal }) =>
    task((payload ?? {}) as Record<string, unknown>, { jobId: job.id, attempt: job.attempts, signal: abortSignal });
}

/** When the work of a scheduled job begins; long ago for a job that was queued otherwise, or says nothing of seconds. */
function secondOf({ _cron: schedule }: Readonly<Record<string, unknown>>, seconds: unknown): Date {
  if (typeof seconds !== 'number' || typeof schedule !== 'object' || schedule === null || !('ts' in schedule)) {
    return new Date(0);
  }
  return new Date(new Date(String(schedule.ts)).getTime() + seconds * 1000);
}

/** Offers `JobTasks` everywhere and runs what is registered there. */
@Module({})
export class JobsModule {
  static forRoot(options: JobsOptions): DynamicModule {
    return {
      module: JobsModule,
      global: true,
      providers: [
        JobTasks,
        {
          provide: JobWorker,
          inject: [JobTasks],
          useFactory: (tasks: JobTasks) => new JobWorker(options, tasks),
        },
      ],
      exports: [JobTasks],
    };
  }
}
