import type { Tx } from '../database/unit-of-work.ts';

export interface JobOptions {
  /** A waiting job with the same key is replaced: the task runs once for both. */
  readonly jobKey?: string;
  readonly runAt?: Date;
  /** Tries before the job stays as failed; 25 by default. */
  readonly attemptsMax?: number;
}

/** Queues a job inside a transaction: rolled-back work never runs, committed work always does. */
export async function addJob(
  tx: Tx,
  task: string,
  payload: Readonly<Record<string, unknown>> = {},
  options: JobOptions = {},
): Promise<void> {
  await tx.query(
    `SELECT graphile_worker.add_job($1, payload => $2::json, run_at => $3::timestamptz, job_key => $4, max_attempts => $5::int)`,
    [task, JSON.stringify(payload), options.runAt ?? null, options.jobKey ?? null, options.attemptsMax ?? null],
  );
}
