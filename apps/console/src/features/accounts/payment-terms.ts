const DAYS_MAX = 365;

/** What is wrong with typed payment terms, or null. */
export function paymentTermsProblem(text: string): string | null {
  const isFine = /^[1-9][0-9]{0,2}$/.test(text) && Number(text) <= DAYS_MAX;
  return isFine ? null : `Enter whole days from 1 to ${DAYS_MAX}`;
}
