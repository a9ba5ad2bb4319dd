import { mkdirSync, rmSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PGLEDGER_TABLES } from '../references/pgledger-tables.mjs';
import { USUAL_TABLES } from '../references/usual-tables.mjs';
import { CHECKOUT, importBuilt, importFromStudio } from './checkout.mjs';
import { startLoad } from './load.mjs';
import { startOtherPostgres } from './other-postgres.mjs';
import { STUDIO_BOOKS } from './soundness.mjs';
import { issueTokens, migrateStudio, STUDIO_MAIN, studioEnvironment } from './studio.mjs';
import { BALANCE_MICRO, enrolWallets, ORDINARY } from './wallets.mjs';

const { default: pg } = await importFromStudio('pg');
const { startPostgres } = await importBuilt('packages/devkit/dist/postgres/start-postgres.js');
const { startService } = await importBuilt('packages/devkit/dist/service-process.js');
const { lockFolder } = await importBuilt('packages/devkit/dist/stack/folder-lock.js');

// Inside the checkout and not in the system's temporary folder, which may be memory: a commit must reach a disk.
const FOLDER = join(CHECKOUT, '.data', 'bench');
const DURABILITY = ['fsync', 'full_page_writes', 'synchronous_commit'];
const CONSTANT_APP = fileURLToPath(new URL('../references/constant-app.mjs', import.meta.url));
const FOUR_STATEMENTS = fileURLToPath(new URL('../references/four-statements.mjs', import.meta.url));
/**
 * What a server of its own would be given: a quarter of the memory for pages. Checkpoints and all that makes commits safe
 * stay as PostgreSQL has them.
 */
const SETTINGS = [`shared_buffers=${Math.floor(totalmem() / 4 / 2 ** 20)}MB`];
const FUNCTION_CALL = fileURLToPath(new URL('../references/function-call.mjs', import.meta.url));

/** Programs beside Studio, each with the tables it writes. */
const REFERENCE_SERVICES = {
  'four-statements': { program: 'four-statements', entry: FOUR_STATEMENTS, tables: USUAL_TABLES },
  'function-call': { program: 'function-call', entry: FUNCTION_CALL, tables: USUAL_TABLES },
  pgledger: { program: 'function-call', entry: FUNCTION_CALL, tables: PGLEDGER_TABLES },
};

/**
 * Everything a benchmark runs against: PostgreSQL with production settings, and on demand Studio as its real process, the
 * references, and databases of their own for each. A service is `{ url, pid, token, stand }`; a stand is a database with
 * the count of what was acknowledged against it.
 */
export class World {
  #stops = [];
  #stands = new Map();
  #services = new Map();
  #say;
  #profileDir;

  /**
   * @param options.profileDir when given, Studio writes a CPU profile there as it ends
   * @param options.postgresPrograms folder of another PostgreSQL's programs, to be used in place of the embedded one
   */
  async start({ say, profileDir, postgresPrograms }) {
    this.#say = say;
    this.#profileDir = profileDir;
    mkdirSync(FOLDER, { recursive: true });
    this.#stops.push(lockFolder(FOLDER));
    say('starting PostgreSQL');
    this.postgres = postgresPrograms
      ? await startOtherPostgres(postgresPrograms, join(FOLDER, 'other-postgres'), SETTINGS)
      : await startPostgres({
          dataDir: join(FOLDER, 'postgres'),
          port: 0,
          databases: [],
          settings: SETTINGS,
          log: say,
        });
    this.#stops.push(() => this.postgres.stop());
    this.admin = await this.connect('postgres');
    await requireDurability(this.admin);
    // Two, for a load beside another, or one for each of two replicas.
    this.loads = [startLoad(), startLoad()];
    this.#stops.push(() => this.loads.forEach((load) => load.stop()));
  }

  get stands() {
    return [...this.#stands.values()];
  }

  /**
   * Studio on the database of that name, with every token it needs; the second time the same process.
   * @param fill what is done to a new database's stand before Studio starts; the ordinary wallets when nothing is said
   */
  studio(stand = 'studio', fill = enrolOrdinary) {
    return this.#once(this.#services, `studio ${stand}`, async () => this.#startStudio(stand, stand, fill));
  }

  /** A second Studio beside the first, on the same database. Whoever asks stops it: its jobs would go on. */
  startReplica() {
    return this.#startStudio('studio', 'replica', enrolOrdinary);
  }

  /** `four-statements`, `function-call` or `pgledger`, on tables of its own with the same wallets. */
  reference(name) {
    return this.#once(this.#services, name, async () => {
      this.#say(`starting ${name}`);
      const { program, entry, tables } = REFERENCE_SERVICES[name];
      const stand = await this.#stand(name, tables.books, (opened) =>
        tables.create(opened.database, ORDINARY, BALANCE_MICRO),
      );
      const variable = `${program.toUpperCase().replaceAll('-', '_')}_DATABASE_URL`;
      return this.#startService(program, name, entry, { [variable]: stand.url }, stand);
    });
  }

  /** Answers a constant of the size of a real answer of Studio. */
  constantApp() {
    return this.#once(this.#services, 'constant', async () => {
      const answer = await this.#sampleAnswer(await this.studio());
      return this.#startService('constant-app', 'constant', CONSTANT_APP, { CONSTANT_ANSWER: answer }, undefined);
    });
  }

  /** A connection of the benchmark's own, closed with the world. */
  async connect(database) {
    const client = new pg.Client({ connectionString: this.postgres.url(database) });
    await client.connect();
    this.#stops.push(() => client.end());
    return client;
  }

  /**
   * Called after each warm-up. Studio's connections keep the plans they made while the tables were empty until statistics
   * are renewed, which autovacuum does within a minute: longer than a benchmark of seconds can wait for.
   */
  async renewStatistics() {
    for (const { database } of this.#stands.values()) await database.query('ANALYZE');
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

  async #startStudio(standName, name, fill) {
    this.#say(`starting Studio (${name})`);
    const stand = await this.#stand(standName, STUDIO_BOOKS, async (opened) => {
      await migrateStudio(opened.url);
      opened.tokens = await issueTokens(opened.url);
      await fill(opened);
    });
    const environment = studioEnvironment(stand.url, this.#profileDir);
    return this.#startService('studio', name, STUDIO_MAIN, environment, stand);
  }

  #stand(name, books, fill) {
    return this.#once(this.#stands, name, async () => {
      const databaseName = `bench_${name.replaceAll('-', '_')}`;
      const drop = () => this.admin.query(`DROP DATABASE IF EXISTS ${databaseName} WITH (FORCE)`);
      await drop();
      await this.admin.query(`CREATE DATABASE ${databaseName}`);
      this.#stops.push(drop);
      const stand = { name, books, acknowledged: { reserves: 0, events: 0 }, url: this.postgres.url(databaseName) };
      stand.database = await this.connect(databaseName);
      await fill(stand);
      return stand;
    });
  }

  async #startService(name, label, entry, environment, stand) {
    const logFile = join(FOLDER, `${label}.log`);
    rmSync(logFile, { force: true });
    const service = await startService({ name, entry, env: { NODE_ENV: 'production', ...environment }, logFile });
    const stop = () => service.stop();
    this.#stops.push(stop);
    await service.ready();
    return { url: service.url, pid: service.pid, token: stand?.tokens?.main ?? 'none', stand, stop };
  }

  async #once(known, key, make) {
    const value = known.get(key) ?? (await make());
    known.set(key, value);
    return value;
  }

  /** One real answer of Studio: the constant app then answers exactly as many bytes. */
  async #sampleAnswer({ url, token, stand }) {
    const answer = await fetch(`${url}/v1/billing/credits/reserve`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-service-token': token },
      body: JSON.stringify({
        ...{ external_key: 'v1:partner:1', amount: 1, ref_type: 'benchmark' },
        ...{ ref_id: 'sample-1-1', idempotency_key: 'reserve:sample-1-1' },
      }),
    });
    const text = await answer.text();
    if (answer.status !== 201) throw new Error(`Studio answered ${answer.status} to the first reserve: ${text}`);
    stand.acknowledged.reserves += 1;
    return text;
  }
}

/** The wallets every database has. */
function enrolOrdinary({ database }) {
  return enrolWallets(database, ORDINARY);
}

/** A rate without durability is not a result. @throws Error when a commit would not be safe on disk. */
async function requireDurability(database) {
  for (const setting of DURABILITY) {
    const { rows } = await database.query(`SHOW ${setting}`);
    if (rows[0][setting] !== 'on') throw new Error(`PostgreSQL has ${setting} = ${rows[0][setting]}; it must be on`);
  }
}
