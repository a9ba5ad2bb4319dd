import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export interface Postmaster {
  pid: number;
  port: number;
}

/** What the server wrote about itself in its data folder; undefined when it is stopped or not yet far enough. */
export function readPostmaster(dataDir: string): Postmaster | undefined {
  let lines: string[];
  try {
    lines = readFileSync(join(dataDir, 'postmaster.pid'), 'utf8').split('\n');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const pid = Number(lines[0]);
  return pid > 0 ? { pid, port: Number(lines[3] ?? 0) } : undefined;
}

/** `zombie`: killed, but its parent has not collected it, so the number still looks taken. */
export type Liveness = 'running' | 'zombie' | 'dead';

/** Whether the process is there and is a PostgreSQL server: a number may have passed to another program meanwhile. */
export function livenessOf(pid: number): Liveness {
  const found = process.platform === 'linux' ? lookInProc(pid) : lookWithPs(pid);
  if (!found) return 'dead';
  if (found.state.startsWith('Z')) return 'zombie';
  return found.command.includes('postgres') ? 'running' : 'dead';
}

function lookInProc(pid: number): { state: string; command: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // "pid (name) state ...": the name may hold spaces and brackets, so count from its last bracket.
    const state = stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
    return { state, command: stat.slice(0, stat.lastIndexOf(')')) };
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

function lookWithPs(pid: number): { state: string; command: string } | undefined {
  if (process.platform === 'win32') return isPidTaken(pid) ? { state: 'R', command: 'postgres' } : undefined;
  try {
    const [state = '', ...command] = execFileSync('ps', ['-o', 'stat=,comm=', '-p', String(pid)], { encoding: 'utf8' })
      .trim()
      .split(/\s+/);
    return { state, command: command.join(' ') };
  } catch {
    // ps ends with 1 when there is no such process.
    return undefined;
  }
}

function isPidTaken(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * A zombie keeps `postmaster.pid` valid for as long as nobody collects it (for ever under a container without an init),
 * and PostgreSQL refuses to start beside it. Removing the file is safe only once no orphaned backend works in the folder.
 */
export function clearZombie(dataDir: string): void {
  if (process.platform === 'linux' && !hasProcessIn(dataDir)) rmSync(join(dataDir, 'postmaster.pid'), { force: true });
}

function hasProcessIn(dataDir: string): boolean {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .some((pid) => {
      try {
        return readlinkSync(`/proc/${pid}/cwd`) === dataDir;
      } catch {
        // Gone meanwhile, a zombie, or another user's: none of them is a backend of ours.
        return false;
      }
    });
}
