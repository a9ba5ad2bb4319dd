import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** The operating system user a PostgreSQL server runs as. */
export interface ServerUser {
  uid: number;
  gid: number;
}

/**
 * PostgreSQL refuses to run as root, so under root another user is chosen: `postgres` where it exists, else `nobody`.
 * Returns undefined when the current user can run the server itself.
 */
export function chooseServerUser(): ServerUser | undefined {
  if (process.platform === 'win32' || process.getuid?.() !== 0) return undefined;
  const entries = readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const name of ['postgres', 'nobody']) {
    const fields = entries.find((entry) => entry.startsWith(`${name}:`))?.split(':');
    if (fields) return { uid: Number(fields[2]), gid: Number(fields[3]) };
  }
  throw new Error(
    'PostgreSQL cannot run as root and there is no user `postgres` or `nobody`. Create one (useradd --system postgres), or run this command as an ordinary user.',
  );
}

/** Whether `user` may enter every existing folder on the way to `path`. */
export function canReach(path: string, user: ServerUser | undefined): boolean {
  if (!user) return true;
  let folder = dirname(resolve(path));
  for (;;) {
    const stat = statSync(folder, { throwIfNoEntry: false });
    if (stat) {
      const bit = stat.uid === user.uid ? 0o100 : stat.gid === user.gid ? 0o010 : 0o001;
      if ((stat.mode & bit) === 0) return false;
    }
    if (dirname(folder) === folder) return true;
    folder = dirname(folder);
  }
}
