import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { ROOT_FOLDER, type Binaries } from './binaries.ts';
import { canReach, type ServerUser } from './server-user.ts';

const SUPERUSER = 'postgres';

export interface DataFolder {
  path: string;
  user: string;
  password: string;
  logFile: string;
}

/**
 * The folder that will really be used. Root's server runs as another user, which cannot enter a checkout inside root's
 * home (0700); such a data folder moves to /var/lib/tandem, under a name that belongs to the wanted path.
 */
export function placeDataFolder(wanted: string, user: ServerUser | undefined): string {
  const path = resolve(wanted);
  if (canReach(path, user)) return path;
  const digest = createHash('sha256').update(path).digest('hex').slice(0, 12);
  return join(ROOT_FOLDER, 'data', `${basename(path)}-${digest}`);
}

/** Makes the cluster in `path` on its first use; safe when two processes do so at once. Returns how to log in. */
export async function prepareDataFolder(
  path: string,
  binaries: Binaries,
  user: ServerUser | undefined,
): Promise<DataFolder> {
  // Default mode: with 0700 `recursive` would close the parents too, and the server's user could not get in.
  mkdirSync(dirname(path), { recursive: true });
  const passwordFile = `${path}.password`;
  const versionFile = join(path, 'PG_VERSION');
  if (!existsSync(versionFile)) {
    choosePassword(passwordFile, user);
    await initialise(path, passwordFile, binaries, user);
  }
  const version = readFileSync(versionFile, 'utf8').trim();
  if (version !== binaries.major) {
    throw new Error(
      `The data folder ${path} was made by PostgreSQL ${version}, the embedded one is ${binaries.major}. Move the folder away to start afresh, or serve it with PostgreSQL ${version} and set DATABASE_URL and STUDIO_DATABASE_URL.`,
    );
  }
  if (!existsSync(passwordFile)) {
    throw new Error(
      `The password of the data folder ${path} is missing: put ${passwordFile} back, or move the folder away.`,
    );
  }
  const password = readFileSync(passwordFile, 'utf8').trim();
  return { path: realpathSync(path), user: SUPERUSER, password, logFile: `${path}.log` };
}

function choosePassword(passwordFile: string, user: ServerUser | undefined): void {
  const own = `${passwordFile}.${process.pid}.${randomBytes(4).toString('hex')}`;
  writeFileSync(own, randomBytes(24).toString('base64url'), { mode: 0o600 });
  // initdb reads it as the server's user.
  if (user) chownSync(own, user.uid, user.gid);
  try {
    // A link appears whole or not at all and never replaces: of two first starts both use the same password.
    linkSync(own, passwordFile);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(own);
  }
}

async function initialise(path: string, passwordFile: string, binaries: Binaries, user: ServerUser | undefined) {
  const own = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  mkdirSync(own);
  chmodSync(own, 0o700);
  if (user) chownSync(own, user.uid, user.gid);
  try {
    const fixed = [
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale-provider=builtin',
      '--locale=C.UTF-8',
      '--no-sync',
    ];
    await promisify(execFile)(binaries.initdb, ['-D', own, '-U', SUPERUSER, `--pwfile=${passwordFile}`, ...fixed], {
      ...user,
      cwd: dirname(path),
      env: serverEnvironment(),
    });
    renameSync(own, path);
  } catch (error) {
    rmSync(own, { recursive: true, force: true });
    // The other of two first starts was faster: its cluster is as good as ours.
    if (!existsSync(join(path, 'PG_VERSION'))) throw error;
  }
}

/** The environment without PG* variables, which would redirect the server's programs to another cluster. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('PG')));
}
