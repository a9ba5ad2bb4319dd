/** What a task gets besides its payload. */
export interface JobRun {
  readonly jobId: string;
  /** 1 on the first try. */
  readonly attempt: number;
  /** Aborted when the process shuts down: long tasks should stop soon and be able to run again. */
  readonly signal: AbortSignal | undefined;
}

export type JobTask = (payload: Readonly<Record<string, unknown>>, run: JobRun) => Promise<void>;

/** The tasks this application can run. Modules register theirs in `onModuleInit`; the worker starts after that. */
export class JobTasks {
  private readonly tasks = new Map<string, JobTask>();

  register(name: string, task: JobTask): void {
    if (this.tasks.has(name)) throw new Error(`The job task ${name} is registered twice.`);
    this.tasks.set(name, task);
  }

  entries(): ReadonlyMap<string, JobTask> {
    return this.tasks;
  }
}
