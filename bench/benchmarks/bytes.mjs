import { figure, summaryOf } from '../lib/figures.mjs';
import { measureSlice } from '../lib/measure.mjs';
import { SPREAD } from '../lib/wallets.mjs';

const CONTESTANTS = ['studio', 'pgledger'];
const PARTS = ['table', 'index', 'wal'];

/** What a reserve leaves on disk and in the log, beside the rows pgledger would write for it. */
export const BYTES = {
  name: 'bytes',
  rows: CONTESTANTS.flatMap((contestant) => PARTS.map((part) => `${contestant}-${part}`)),
  async run(world, { seconds, rounds, say }) {
    const services = { studio: await world.studio(), pgledger: await world.reference('pgledger') };
    const contestants = [];
    const rows = [];
    for (const name of CONTESTANTS) {
      say(`bytes of ${name}`);
      const { stand } = services[name];
      const load = { ...SPREAD, connections: 64, seconds: seconds * rounds };
      const send = (part) =>
        measureSlice(world, { name, services: [services[name]], load, prefix: `bytes-${name}-${part}` });
      // Once before it counts: a page is written into the log in full the first time it changes after a checkpoint.
      await world.admin.query('CHECKPOINT');
      await send('warm-up');
      await world.renewStatistics();
      const before = await sizesOf(stand.database);
      const slice = await send('measured');
      const after = await sizesOf(stand.database);
      contestants.push(summaryOf(name, [slice]));
      const method = `growth per reserve over ${slice.operations} on 10,000 wallets, after a warm-up as long, no checkpoint within`;
      for (const part of PARTS) {
        rows.push(
          figure(`${name}-${part}`, (after[part] - before[part]) / slice.operations, 'bytes per reserve', method),
        );
      }
    }
    return { contestants, rows };
  },
};

async function sizesOf(database) {
  const { rows } = await database.query(`
    SELECT sum(pg_table_size(oid))::float8 AS table, sum(pg_indexes_size(oid))::float8 AS index,
           pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 AS wal
      FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`);
  return rows[0];
}
