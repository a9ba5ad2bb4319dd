import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Makes this process the only stack on a data folder; returns the release. Throws when a living one holds the folder.
 * A lock left by kill -9 is taken over.
 */
export function lockFolder(dataDir: string): () => void {
  const file = join(dataDir, 'stack.pid');
  const own = `${file}.${process.pid}`;
  writeFileSync(own, identityOf(process.pid) ?? '');
  try {
    if (!tryLink(own, file)) {
      const holder = readFileSync(file, 'utf8');
      const pid = Number(holder.split(' ')[0]);
      if (identityOf(pid) === holder) {
        throw new Error(
          `Tandem already runs on ${dataDir} (pid ${pid}). Stop that one with Ctrl-C, or give this one a folder and ports of its own: TANDEM_DATA_DIR=.data-2 V1_PORT=0 STUDIO_PORT=0 corepack pnpm start`,
        );
      }
      rmSync(file, { force: true });
      if (!tryLink(own, file)) throw new Error(`Another start took ${dataDir} at this moment. Try again.`);
    }
  } finally {
    rmSync(own);
  }
  return () => rmSync(file, { force: true });
}

/** A link appears whole or not at all, so nobody ever reads half a lock. */
function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** The pid with the moment its process began (where the system tells), because numbers are used again. */
function identityOf(pid: number): string | undefined {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return undefined;
  }
  if (process.platform !== 'linux') return String(pid);
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie holds nothing any more.
    return fields[0] === 'Z' ? undefined : `${pid} ${fields[19]}`;
  } catch {
    // Ended since the check above.
    return undefined;
  }
}
