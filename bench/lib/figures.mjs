import { spreadOf } from './spread-of.mjs';

/**
 * One row of the result.
 * @param target `{ atLeast }`, `{ atMost }` or nothing
 */
export function figure(name, value, unit, method, { atLeast, atMost } = {}) {
  return {
    name,
    value: rounded(value),
    unit,
    target: atLeast ?? atMost ?? null,
    ok: (atLeast === undefined || value >= atLeast) && (atMost === undefined || value <= atMost),
    method: atMost === undefined ? method : `at most the target; ${method}`,
  };
}

/** The median over the rounds of one contestant's figure divided by another's in the same round. */
export function ratio(name, [own, reference], method, target, field = 'perSecond') {
  const ratios = spreadOf(own.map((slice, round) => slice[field] / reference[round][field]));
  const range = `rounds from ${rounded(ratios.min)} to ${rounded(ratios.max)}`;
  return figure(name, ratios.median, 'ratio', `median over the rounds, ${range}; ${method}`, target);
}

/** The median of one figure of the slices. */
export function medianOf(slices, field) {
  return slices[0][field] === undefined ? undefined : spreadOf(slices.map((slice) => slice[field])).median;
}

/** What the table of rates says about one contestant. */
export function summaryOf(name, slices) {
  return {
    name,
    perSecond: spreadOf(slices.map(({ perSecond }) => perSecond)),
    p50Ms: medianOf(slices, 'p50Ms'),
    p99Ms: medianOf(slices, 'p99Ms'),
    serviceMicros: medianOf(slices, 'serviceMicros'),
    databaseMicros: medianOf(slices, 'databaseMicros'),
    clientMicros: medianOf(slices, 'clientMicros'),
  };
}

export function summariesOf(slices) {
  return Object.entries(slices).map(([name, own]) => summaryOf(name, own));
}

/** What every comparison in rounds has in common. */
export function methodOf(what, { rounds, seconds }) {
  return (
    `${what}; ${rounds} interleaved rounds of ${seconds} s after a warm-up; fsync, full_page_writes and ` +
    'synchronous_commit on; client, service and database on one machine'
  );
}

/** Three digits that matter, and no fractions of large figures. */
function rounded(value) {
  return Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}
