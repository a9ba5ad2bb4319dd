import {
  chmodSync,
  chownSync,
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { chooseServerUser } from '@tandem/devkit/postgres/server-user';
import { startPostgres, type RunningPostgres } from '@tandem/devkit/postgres/start-postgres';
import pg from 'pg';

const DEADLINE_MS = 30_000;

/**
 * A PostgreSQL server that archives its log, can be backed up while it works, and can be put back to a named point in
 * time: with the server's own means, as an operator would.
 */
export class RestorablePostgres {
  private server: RunningPostgres;
  private readonly user = chooseServerUser();
  private readonly folder = mkdtempSync(join(tmpdir(), 'tandem-restore-'));
  private readonly archive = join(this.folder, 'archive');
  private readonly base = join(this.folder, 'base');
  private readonly wantedDataDir = join(this.folder, 'data');

  private constructor(private readonly database: string) {}

  static async start(database: string): Promise<RestorablePostgres> {
    const postgres = new RestorablePostgres(database);
    // mkdtemp makes 0700; the server's user must be able to enter.
    chmodSync(postgres.folder, 0o755);
    mkdirSync(postgres.archive);
    postgres.own(postgres.archive);
    await postgres.startServer();
    await postgres.query(`ALTER SYSTEM SET archive_mode = 'on'`);
    await postgres.query(`ALTER SYSTEM SET archive_command = 'cp "%p" "${postgres.archive}/%f"'`);
    await postgres.server.stop();
    await postgres.startServer();
    return postgres;
  }

  get url(): string {
    return this.server.url(this.database);
  }

  async stop(): Promise<void> {
    await this.server.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Only the server: whoever uses it finds nobody there. */
  stopServer(): Promise<void> {
    return this.server.stop();
  }

  /** A base backup, taken while the server works. */
  async backUp(): Promise<void> {
    const { dataDir } = this.server;
    rmSync(this.base, { recursive: true, force: true });
    const client = await this.connect();
    try {
      await client.query(`SELECT pg_backup_start('base', true)`);
      cpSync(dataDir, this.base, {
        recursive: true,
        filter: (source) => basename(source) !== 'postmaster.pid' && basename(dirname(source)) !== 'pg_wal',
      });
      const { rows } = await client.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop()');
      writeFileSync(join(this.base, 'backup_label'), rows[0]?.labelfile ?? '');
    } finally {
      await client.end();
    }
  }

  /** Names this moment, and waits until the log up to it is in the archive. */
  async nameThisMoment(name: string): Promise<void> {
    await this.query('SELECT pg_create_restore_point($1)', [name]);
    const [last] = await this.query<{ file: string }>('SELECT pg_walfile_name(pg_switch_wal()) AS file');
    const file = last?.file ?? '';
    const deadline = Date.now() + DEADLINE_MS;
    while (!readdirSync(this.archive).includes(file)) {
      if (Date.now() > deadline) throw new Error(`${file} was not archived`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Puts the backup and the archived log in the place of the data, up to a named moment, and starts the server. */
  async restoreTo(name: string): Promise<void> {
    const { dataDir } = this.server;
    await this.server.stop();
    rmSync(dataDir, { recursive: true });
    cpSync(this.base, dataDir, { recursive: true });
    writeFileSync(join(dataDir, 'recovery.signal'), '');
    appendFileSync(
      join(dataDir, 'postgresql.auto.conf'),
      [
        `restore_command = 'cp "${this.archive}/%f" "%p"'`,
        `recovery_target_name = '${name}'`,
        `recovery_target_action = 'promote'`,
        '',
      ].join('\n'),
    );
    this.own(dataDir);
    await this.startServer();
    const deadline = Date.now() + DEADLINE_MS;
    for (;;) {
      const [row] = await this.query<{ recovering: boolean }>('SELECT pg_is_in_recovery() AS recovering');
      if (row?.recovering === false) return;
      if (Date.now() > deadline) throw new Error('the server did not come out of recovery');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async query<Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<Row[]> {
    const client = await this.connect();
    try {
      return (await client.query<Row>(sql, values)).rows;
    } finally {
      await client.end();
    }
  }

  private async connect(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.url });
    await client.connect();
    return client;
  }

  private async startServer(): Promise<void> {
    this.server = await startPostgres({
      dataDir: this.wantedDataDir,
      port: 0,
      forTests: true,
      databases: [this.database],
      log: () => undefined,
    });
  }

  /** A copy belongs to whoever made it; the server accepts only what is its own and closed to others. */
  private own(path: string): void {
    for (const entry of readdirSync(path, { recursive: true, withFileTypes: true })) {
      this.give(join(entry.parentPath, entry.name), entry.isDirectory());
    }
    this.give(path, true);
  }

  private give(path: string, isFolder: boolean): void {
    chmodSync(path, isFolder ? 0o700 : 0o600);
    if (this.user) chownSync(path, this.user.uid, this.user.gid);
  }
}
