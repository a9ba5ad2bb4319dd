const SECOND = 1000;
const HOUR = 3600 * SECOND;

/** A message is tried for so long; the last try is at its end. */
export const RETRY_WINDOW_MS = 72 * HOUR;
const FIRST_DELAY_MS = 10 * SECOND;
const DELAY_MAX_MS = 8 * HOUR;
/** Also a random zero leaves the receiver a moment. */
const DELAY_MIN_MS = SECOND;

export interface FailedTry {
  /** 1 for the first. */
  readonly attempt: number;
  /** Time since the message was queued for this endpoint. */
  readonly ageMs: number;
  /** The receiver's wish, from Retry-After. */
  readonly retryAfterMs: number | null;
  /** From 0 to 1. */
  readonly random: number;
}

/**
 * How long to wait before the next try: capped exponential backoff with full jitter, so that endpoints that failed
 * together are not called together again. Undefined: the window is over.
 */
export function delayAfter({ attempt, ageMs, retryAfterMs, random }: FailedTry): number | undefined {
  const left = RETRY_WINDOW_MS - ageMs;
  if (left <= 0) return undefined;
  const ceiling = Math.min(DELAY_MAX_MS, FIRST_DELAY_MS * 2 ** Math.min(attempt - 1, 30));
  const wished = Math.min(retryAfterMs ?? 0, DELAY_MAX_MS);
  const delay = Math.max(DELAY_MIN_MS, wished, random * ceiling);
  return Math.ceil(Math.min(delay, left));
}
