import { setTimeout as pause } from 'node:timers/promises';

/** Waits so long, or until the process shuts down: resolves in both cases. */
export async function abortablePause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  if (milliseconds < 1 || signal?.aborted) return;
  try {
    await pause(milliseconds, undefined, { signal });
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
}
