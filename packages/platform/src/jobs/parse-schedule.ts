import { parseCrontab, type ParsedCronItem } from 'graphile-worker';

/**
 * Reads a crontab of the worker's format. A line whose last job still waits replaces that job and keeps its place, so
 * that jobs never pile up while all slots are taken or no process runs.
 * @throws when a line is malformed
 */
export function parseSchedule(crontab: string): ParsedCronItem[] {
  return parseCrontab(crontab).map((item) => ({
    ...item,
    options: { ...item.options, jobKey: `schedule:${item.identifier}`, jobKeyMode: 'preserve_run_at' },
  }));
}
