import { figure, medianOf, methodOf, summariesOf, summaryOf } from '../lib/figures.mjs';
import { interleave } from '../lib/interleave.mjs';
import { measureSlice } from '../lib/measure.mjs';
import { enrolWallets, SPREAD } from '../lib/wallets.mjs';

const ENDING = { firstWallet: 30_001, wallets: 10_000 };
const MINUTE_MS = 60_000;
/** Enrolling ten thousand wallets takes less; the lots end after it. */
const ENROLMENT_MS = 20_000;
/** The load begins before the lots end, and goes on until the sweeper, which comes once a minute, is through with them. */
const LEAD_MS = 5_000;
const MONTH_END_SECONDS = 30;

/** How long one reserve takes at half the rate the service can do, on an ordinary day and as ten thousand lots end. */
export const LATENCY = {
  name: 'latency',
  rows: ['p99-at-half-rate', 'p99-at-month-end'],
  async run(world, options) {
    const services = [await world.studio()];
    const { full } = await interleave(world, [{ name: 'full', services, load: SPREAD }], options);
    const perSecond = Math.round(medianOf(full, 'perSecond') / 2);
    const { half } = await interleave(world, [{ name: 'half', services, load: { ...SPREAD, perSecond } }], options);
    const monthEnd = await measureMonthEnd(world, services, { perSecond, say: options.say });
    const method = methodOf(`open loop of ${perSecond} reserves per second, half of the full rate`, options);
    return {
      contestants: [...summariesOf({ full, half }), summaryOf('month-end', [monthEnd])],
      rows: [
        figure('p99-at-half-rate', medianOf(half, 'p99Ms'), 'ms', `10,000 wallets; ${method}`, { atMost: 25 }),
        figure(
          'p99-at-month-end',
          monthEnd.p99Ms,
          'ms',
          `the same rate for ${MONTH_END_SECONDS} s on 10,000 wallets, each with a lot that ends within it, swept meanwhile`,
          { atMost: 100 },
        ),
      ],
    };
  },
};

async function measureMonthEnd(world, services, { perSecond, say }) {
  const [{ stand }] = services;
  say('enrolling wallets whose lots end soon');
  // The sweeper begins with the minute: what ends just before it is swept at once.
  const endsAt = new Date(Math.ceil((Date.now() + ENROLMENT_MS) / MINUTE_MS) * MINUTE_MS - 500);
  await enrolWallets(stand.database, ENDING, { lots: 2, endsAt });
  say(`waiting until lots end at ${endsAt.toISOString()}`);
  const untilLead = endsAt.getTime() - LEAD_MS - Date.now();
  await new Promise((resolve) => setTimeout(resolve, Math.max(untilLead, 0)));
  const load = { ...ENDING, perSecond, connections: 64, seconds: MONTH_END_SECONDS };
  const slice = await measureSlice(world, { name: 'month-end', services, load, prefix: 'month-end' });
  const { rows } = await stand.database.query(
    `SELECT count(*)::int AS swept FROM ledger WHERE kind = 'LOT_EXPIRY' AND created_at >= $1`,
    [endsAt],
  );
  if (rows[0].swept < ENDING.wallets) throw new Error(`only ${rows[0].swept} lots were swept while it was measured`);
  return slice;
}
