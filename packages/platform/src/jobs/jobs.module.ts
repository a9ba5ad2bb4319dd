import {
  Logger,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Logger as WorkerLogger, run, type Runner, type TaskList } from 'graphile-worker';
import pg from 'pg';
import { newId } from '../ids.ts';
import { requestContext } from '../http/request-context.ts';
import { abortablePause } from './abortable-pause.ts';
import { JobTasks, type JobTask } from './job-tasks.ts';
import { migrateJobs } from './migrate-jobs.ts';

export interface JobsOptions {
  readonly databaseUrl: string;
  /** False: this process queues jobs but runs none. */
  readonly enabled: boolean;
  /** Jobs run at once; 4 by default. */
  readonly concurrency?: number;
  /**
   * Lines in graphile-worker's crontab format, in UTC; one per registered task. A line's payload may say by `after_seconds`
   * how long after the minute its work begins, so that not everything does at once.
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
      taskList: this.taskList(),
      crontab: this.options.crontab ?? '',
      logger: new WorkerLogger(() => (level, message) => this.logger[LOG_LEVELS[level]](message)),
    });
    this.runner.promise.catch((error: unknown) => this.logger.error(error));
  }

  /** Before the server closes: no new job is taken, running ones finish. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.runner?.stop();
    await this.pool?.end();
  }

  private taskList(): TaskList {
    const entries = [...this.tasks.entries()].map(
      ([name, task]) => [name, toWorkerTask(task, this.options.keepsContext ?? true)] as const,
    );
    return Object.fromEntries(entries);
  }
}

function toWorkerTask(task: JobTask, keepsContext: boolean): TaskList[string] {
  return (payload, helpers) => {
    const given = (payload ?? {}) as Record<string, unknown>;
    const signal = helpers.abortSignal;
    const work = async (): ReturnType<JobTask> => {
      await abortablePause(untilItsSecond(given), signal);
      await task(given, { jobId: helpers.job.id, attempt: helpers.job.attempts, signal });
    };
    // An id of its own, so that a job's lines can be found together, in both services.
    return keepsContext ? requestContext.run({ requestId: newId() }, work) : work();
  };
}

/** Milliseconds until a line of the crontab begins its work; none for a job that was queued otherwise, or is late. */
function untilItsSecond({ _cron: schedule, after_seconds: seconds }: Readonly<Record<string, unknown>>): number {
  if (typeof seconds !== 'number' || typeof schedule !== 'object' || schedule === null || !('ts' in schedule)) return 0;
  return Math.max(0, new Date(String(schedule.ts)).getTime() + seconds * 1000 - Date.now());
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
