import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createFourStatementsTables } from '../references/four-statements-tables.mjs';
import { CHECKOUT, importBuilt, importFromStudio } from './checkout.mjs';
import { startLoad } from './load.mjs';
import { ALL_WALLETS, BALANCE_MICRO, enrolWallets } from './wallets.mjs';

const { default: pg } = await importFromStudio('pg');
const { startPostgres } = await importBuilt('packages/devkit/dist/postgres/start-postgres.js');
const { startService } = await importBuilt('packages/devkit/dist/service-process.js');
const { lockFolder } = await importBuilt('packages/devkit/dist/stack/folder-lock.js');

// Inside the checkout and not in the system's temporary folder, which may be memory: a commit must reach a disk.
const FOLDER = join(CHECKOUT, '.data', 'bench');
const DATABASES = { studio: 'bench_studio', fourStatements: 'bench_four_statements' };
const DURABILITY = ['fsync', 'full_page_writes', 'synchronous_commit'];
const STUDIO = join(CHECKOUT, 'apps/studio/dist');
const CONSTANT_APP = fileURLToPath(new URL('../references/constant-app.mjs', import.meta.url));
const FOUR_STATEMENTS = fileURLToPath(new URL('../references/four-statements.mjs', import.meta.url));

/**
 * Everything a benchmark runs against: PostgreSQL with production settings, Studio as its real process with a service
 * token, the references, and the load generator.
 */
export class World {
  #stops = [];

  /** @param options.profileDir when given, Studio writes a CPU profile there as it ends */
  async start({ say, profileDir }) {
    mkdirSync(FOLDER, { recursive: true });
    this.#stops.push(lockFolder(FOLDER));
    say('starting PostgreSQL');
    await this.#startDatabases(say);
    say('migrating and enrolling wallets');
    const environment = { NODE_ENV: 'production', STUDIO_DATABASE_URL: this.postgres.url(DATABASES.studio) };
    await runStudioCli(environment, 'migrate');
    this.token = await issueToken(environment, 'benchmark');
    this.otherToken = await issueToken(environment, 'other-benchmark');
    await enrolWallets(this.studioDatabase);
    await createFourStatementsTables(this.fourStatementsDatabase, ALL_WALLETS, BALANCE_MICRO);
    say('starting the services');
    await this.#startServices({ ...environment, ...(profileDir && profiling(profileDir)) });
    this.load = this.#startLoad();
    this.otherLoad = this.#startLoad();
  }

  /**
   * Called after each warm-up. Studio's connections keep the plans they made while the tables were empty until statistics
   * are renewed, which autovacuum does within a minute: longer than a benchmark of seconds can wait for.
   */
  async renewStatistics() {
    await this.studioDatabase.query('ANALYZE');
    await this.fourStatementsDatabase.query('ANALYZE');
  }

  /** Ends what was started, last first. Every stop is tried; the first failure is thrown at the end. */
  async stop() {
    const failures = [];
    for (let stop = this.#stops.pop(); stop; stop = this.#stops.pop()) {
      try {
        await stop();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  async #startDatabases(say) {
    this.postgres = await startPostgres({ dataDir: join(FOLDER, 'postgres'), port: 0, databases: [], log: say });
    this.#stops.push(() => this.postgres.stop());
    const admin = await this.#connect('postgres');
    for (const name of Object.values(DATABASES)) {
      await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      await admin.query(`CREATE DATABASE ${name}`);
    }
    await requireDurability(admin);
    this.#stops.push(async () => {
      for (const name of Object.values(DATABASES)) await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    });
    this.admin = admin;
    this.studioDatabase = await this.#connect(DATABASES.studio);
    this.fourStatementsDatabase = await this.#connect(DATABASES.fourStatements);
  }

  #startLoad() {
    const load = startLoad();
    this.#stops.push(() => load.stop());
    return load;
  }

  async #connect(database) {
    const client = new pg.Client({ connectionString: this.postgres.url(database) });
    await client.connect();
    this.#stops.push(() => client.end());
    return client;
  }

  async #startServices(studioEnvironment) {
    this.studio = await this.#startService('studio', join(STUDIO, 'main.js'), {
      ...studioEnvironment,
      STUDIO_HOST: '127.0.0.1',
      STUDIO_SESSION_SECRET: randomBytes(32).toString('base64url'),
      STUDIO_WEBHOOK_SEALING_KEY: randomBytes(32).toString('base64url'),
    });
    this.fourStatements = await this.#startService('four-statements', FOUR_STATEMENTS, {
      NODE_ENV: 'production',
      FOUR_STATEMENTS_DATABASE_URL: this.postgres.url(DATABASES.fourStatements),
    });
    this.constantApp = await this.#startService('constant-app', CONSTANT_APP, {
      NODE_ENV: 'production',
      CONSTANT_ANSWER: await this.#sampleAnswer(),
    });
  }

  async #startService(name, entry, env) {
    const logFile = join(FOLDER, `${name}.log`);
    rmSync(logFile, { force: true });
    const service = await startService({ name, entry, env, logFile });
    this.#stops.push(() => service.stop());
    await service.ready();
    return service;
  }

  /** One real answer of Studio: the constant app then answers exactly as many bytes. */
  async #sampleAnswer() {
    const answer = await fetch(`${this.studio.url}/v1/billing/credits/reserve`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-service-token': this.token },
      body: JSON.stringify({
        ...{ external_key: 'v1:partner:1', amount: 1, ref_type: 'benchmark' },
        ...{ ref_id: 'sample-1-1', idempotency_key: 'reserve:sample-1-1' },
      }),
    });
    const text = await answer.text();
    if (answer.status !== 201) throw new Error(`Studio answered ${answer.status} to the first reserve: ${text}`);
    return text;
  }
}

function profiling(folder) {
  const preload = new URL('./write-cpu-profile.mjs', import.meta.url);
  return { NODE_OPTIONS: `--import ${preload.href}`, CPU_PROFILE_DIR: folder };
}

/** A rate without durability is not a result. @throws Error when a commit would not be safe on disk. */
async function requireDurability(database) {
  for (const setting of DURABILITY) {
    const { rows } = await database.query(`SHOW ${setting}`);
    if (rows[0][setting] !== 'on') throw new Error(`PostgreSQL has ${setting} = ${rows[0][setting]}; it must be on`);
  }
}

async function issueToken(environment, client) {
  const scope = ['--scopes', 'credits:reserve', '--namespace', 'v1:'];
  return (await runStudioCli(environment, 'issue-service-token', '--client', client, ...scope)).token;
}

async function runStudioCli(environment, ...parameters) {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, ...environment };
  const { stdout } = await promisify(execFile)(process.execPath, [join(STUDIO, 'cli.js'), ...parameters], { env });
  return JSON.parse(stdout.trim().split('\n').at(-1));
}
