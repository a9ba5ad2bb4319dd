import { readFileSync } from 'node:fs';
import { figure, summaryOf } from '../lib/figures.mjs';
import { measureSlice } from '../lib/measure.mjs';
import { SPREAD } from '../lib/wallets.mjs';

const MINUTES = 5;
/** Until then the heap finds its size. */
const SETTLED_AFTER_MINUTES = 1;
const SAMPLE_MS = 1000;

/** Memory of a Studio that has no moment of rest. */
export const MEMORY = {
  name: 'memory',
  rows: ['peak', 'growth'],
  isLong: true,
  async run(world, { say }) {
    const studio = await world.studio();
    const samples = [];
    const startedAt = performance.now();
    const sampling = setInterval(() => {
      const minutes = (performance.now() - startedAt) / 60_000;
      samples.push({ minutes, mebibytes: residentMebibytes(studio.pid) });
      say(`full load, minute ${Math.ceil(minutes)} of ${MINUTES}`);
    }, SAMPLE_MS);
    const load = { ...SPREAD, connections: 64, seconds: MINUTES * 60 };
    const slice = await measureSlice(world, { name: 'memory', services: [studio], load, prefix: 'memory' });
    clearInterval(sampling);
    const method = `resident memory of Studio each second over ${MINUTES} minutes of reserves, 64 connections, 10,000 wallets`;
    const settled = samples.filter(({ minutes }) => minutes >= SETTLED_AFTER_MINUTES);
    return {
      contestants: [summaryOf('full load', [slice])],
      rows: [
        figure('peak', Math.max(...samples.map(({ mebibytes }) => mebibytes)), 'MiB', method, { atMost: 256 }),
        figure('growth', slopeOf(settled), 'MiB per minute', `line through the minutes after the first; ${method}`, {
          atMost: 2,
        }),
      ],
    };
  },
};

function residentMebibytes(pid) {
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(kibibytes) / 1024;
}

/** Least squares. */
function slopeOf(samples) {
  const mean = (read) => samples.reduce((sum, sample) => sum + read(sample), 0) / samples.length;
  const [x, y] = [mean(({ minutes }) => minutes), mean(({ mebibytes }) => mebibytes)];
  const above = mean((sample) => (sample.minutes - x) * (sample.mebibytes - y));
  return above / mean((sample) => (sample.minutes - x) ** 2);
}
