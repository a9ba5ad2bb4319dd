import { figure, methodOf, ratio, summariesOf } from '../lib/figures.mjs';
import { interleave } from '../lib/interleave.mjs';
import { SPREAD } from '../lib/wallets.mjs';

/** So few that nearly every batch of one replica meets a batch of the other. */
const CONTESTED = { firstWallet: 1, wallets: 100 };

/** Two Studio processes on one database and the same wallets, beside one alone. */
export const REPLICAS = {
  name: 'replicas',
  rows: ['two-to-one', 'two-to-one-contested', 'deadlocks'],
  async run(world, options) {
    const studio = await world.studio();
    const replica = await world.startReplica();
    const both = [studio, replica];
    const before = await deadlocksOf(studio.stand.database);
    const slices = await interleave(
      world,
      [
        { name: 'one', services: [studio], load: SPREAD },
        { name: 'two', services: both, load: SPREAD },
        { name: 'one contested', services: [studio], load: CONTESTED },
        { name: 'two contested', services: both, load: CONTESTED },
      ],
      options,
    );
    await replica.stop();
    const deadlocks = (await deadlocksOf(studio.stand.database)) - before;
    const method = methodOf('64 connections in all', options);
    return {
      contestants: summariesOf(slices),
      rows: [
        ratio('two-to-one', [slices.two, slices.one], `10,000 wallets; ${method}`, { atLeast: 0.8 }),
        ratio('two-to-one-contested', [slices['two contested'], slices['one contested']], `100 wallets; ${method}`, {
          atLeast: 0.8,
        }),
        figure('deadlocks', deadlocks, 'deadlocks', `pg_stat_database over the whole benchmark; ${method}`, {
          atMost: 0,
        }),
      ],
    };
  },
};

async function deadlocksOf(database) {
  const { rows } = await database.query(
    'SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()',
  );
  return rows[0].deadlocks;
}
