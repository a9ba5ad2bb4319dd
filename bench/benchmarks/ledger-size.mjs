import { figure, medianOf, methodOf, ratio, summariesOf } from '../lib/figures.mjs';
import { fillLedger } from '../lib/fill-ledger.mjs';
import { interleave } from '../lib/interleave.mjs';
import { SPREAD } from '../lib/wallets.mjs';

/** Fifty rows each. */
const FILLED = { firstWallet: 1, wallets: 100_000 };
/** What is read: as many accounts as an empty ledger has, so that only the rows behind them differ. */
const READ = { firstWallet: 1, wallets: SPREAD.wallets };
const ACCOUNTS_PER_ARRAY = 500;

/** What five million rows in the ledger change: for reserves, and for the two ways to read accounts. */
export const LEDGER_SIZE = {
  name: 'ledger-size',
  rows: ['full-to-empty', 'status', 'status-full-to-empty', 'statuses-full-to-empty', 'statuses-to-status'],
  isLong: true,
  async run(world, options) {
    const empty = await world.studio();
    const full = await world.studio('full', (stand) => fillLedger(stand, FILLED, options.say));
    const reserves = await interleave(
      world,
      [
        { name: 'empty', services: [empty], load: SPREAD },
        { name: 'full', services: [full], load: FILLED },
      ],
      { ...options, checkpoints: true },
    );
    const one = { request: 'status', connections: 1 };
    const many = { request: 'status-array', items: ACCOUNTS_PER_ARRAY, connections: 1 };
    const reads = await interleave(
      world,
      [
        { name: 'status, empty', services: [empty], load: { ...READ, ...one } },
        { name: 'status, full', services: [full], load: { ...READ, ...one } },
        { name: 'statuses, empty', services: [empty], load: { ...READ, ...many } },
        { name: 'statuses, full', services: [full], load: { ...READ, ...many } },
      ],
      options,
    );
    return {
      contestants: [...summariesOf(reserves), ...summariesOf(reads)],
      rows: [
        ratio(
          'full-to-empty',
          [reserves.full, reserves.empty],
          methodOf(
            '5,000,000 ledger rows, 2,500,000 holds, 100,000 wallets, to the 10,000 of an empty ledger; two checkpoints within; 64 connections',
            options,
          ),
          { atLeast: 0.75 },
        ),
        ...readFigures(reads, methodOf('median time on one connection, 10,000 accounts at random', options)),
      ],
    };
  },
};

/** A quarter more is within what the caches make of ten times the accounts. */
const FLAT = { atMost: 1.25 };

function readFigures(reads, method) {
  const [status, statuses] = [reads['status, full'], reads['statuses, full']];
  return [
    figure('status', medianOf(status, 'p50Ms'), 'ms', `5,000,000 ledger rows; ${method}`),
    ratio('status-full-to-empty', [status, reads['status, empty']], method, FLAT, 'p50Ms'),
    ratio('statuses-full-to-empty', [statuses, reads['statuses, empty']], method, FLAT, 'p50Ms'),
    ratio(
      'statuses-to-status',
      [statuses, status],
      `${ACCOUNTS_PER_ARRAY} accounts in one request to one account; ${method}`,
      { atMost: 5 },
      'p50Ms',
    ),
  ];
}
