import { randomUUID } from 'node:crypto';
import { v5 } from 'uuid';

const COUNTER_MAX = 0xfff;

let milliseconds = 0;
let prefix = '';
let counter = 0;

/**
 * A new UUIDv7: unique, and ordered by time so that indexes stay compact. Those made in one millisecond are counted in the
 * twelve bits behind the time (RFC 9562, 6.2), the other 62 are random; `randomUUID` fetches random bytes for many ids at once.
 */
export function newId(): string {
  const now = Date.now();
  if (now > milliseconds) startMillisecond(now);
  // A clock that stands still or steps back is run ahead of, so that the order holds.
  else if ((counter += 1) > COUNTER_MAX) startMillisecond(milliseconds + 1);
  return prefix + counter.toString(16).padStart(3, '0') + randomUUID().slice(18);
}

function startMillisecond(value: number): void {
  milliseconds = value;
  counter = 0;
  const digits = value.toString(16).padStart(12, '0');
  prefix = `${digits.slice(0, 8)}-${digits.slice(8)}-7`;
}

/** The UUIDv5 of a name: the same name and namespace give the same id on every machine. */
export function idFromName(name: string, namespace: string): string {
  return v5(name, namespace);
}
