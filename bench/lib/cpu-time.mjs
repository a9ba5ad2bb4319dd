import { readdirSync, readFileSync } from 'node:fs';

// USER_HZ is 100 on every Linux platform Node runs on.
const MICROSECONDS_PER_TICK = 10_000;

/** CPU time of one process so far, user and system, in microseconds; undefined where there is no /proc. */
export function cpuOfProcess(pid) {
  const fields = statOf(pid);
  return fields && fields.own * MICROSECONDS_PER_TICK;
}

/**
 * CPU time of a PostgreSQL server so far: the postmaster, its living backends and workers, and those that have ended
 * (the postmaster waited for them, so their time is in its own record and nothing is lost between two readings).
 */
export function cpuOfPostgres(postmasterPid) {
  const postmaster = statOf(postmasterPid);
  if (!postmaster) return undefined;
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(statOf)
    .filter((fields) => fields?.parent === postmasterPid);
  const ticks = children.reduce((sum, { own }) => sum + own, postmaster.own + postmaster.ended);
  return ticks * MICROSECONDS_PER_TICK;
}

function statOf(pid) {
  let stat;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    // No /proc on this system, or the process ended since it was listed; its parent then has its time.
    return undefined;
  }
  // The command name may hold spaces and brackets; the fields after it are numbers. Field 3 is the first one here.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const number = (position) => Number(fields[position - 3]);
  return { parent: number(4), own: number(14) + number(15), ended: number(16) + number(17) };
}
