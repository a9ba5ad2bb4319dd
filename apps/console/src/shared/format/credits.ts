const MICRO_PER_CREDIT = 1_000_000n;
const MINUS = '\u2212';

const figures = new Intl.NumberFormat('en-IN', { maximumFractionDigits: 6 });

/** `1,250.5`; a true minus before what is below zero. */
export function formatCredits(credits: number): string {
  return figures.format(credits).replace('-', MINUS);
}

/** The same with its sign: `+100`, `−3.5`, `0`. */
export function formatCreditsDelta(credits: number): string {
  return credits > 0 ? `+${formatCredits(credits)}` : formatCredits(credits);
}

/** Exact micro-credits of an amount from the wire or of a valid typed one. */
export function toMicroCredits(credits: number | string): bigint {
  const [whole = '0', decimals = ''] = String(credits).split('.');
  const micro = BigInt(whole.replace('-', '')) * MICRO_PER_CREDIT + BigInt(decimals.padEnd(6, '0').slice(0, 6));
  return whole.startsWith('-') ? -micro : micro;
}

/** Exact sum, as a number for display. */
export function addCredits(a: number | string, b: number | string): number {
  const micro = toMicroCredits(a) + toMicroCredits(b);
  const sign = micro < 0n ? '-' : '';
  const size = micro < 0n ? -micro : micro;
  return Number(`${sign}${size / MICRO_PER_CREDIT}.${(size % MICRO_PER_CREDIT).toString().padStart(6, '0')}`);
}

/** What is wrong with a typed amount of credits, or null. Studio takes up to 10^9 with six decimals. */
export function creditsProblem(text: string): string | null {
  if (!/^(0|[1-9][0-9]{0,9})(\.[0-9]{1,6})?$/.test(text)) return 'Enter credits, for example 100 or 2.5';
  const micro = toMicroCredits(text);
  if (micro === 0n) return 'Enter more than 0';
  if (micro > 1_000_000_000n * MICRO_PER_CREDIT) return 'At most 1,000,000,000 credits at once';
  return null;
}
