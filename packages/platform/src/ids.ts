import { randomFillSync } from 'node:crypto';
import { v5 } from 'uuid';

const COUNTER_MAX = 0xfff;
/** Random bytes are fetched for many ids at once. */
const RANDOM_IDS = 256;
const RANDOM_BYTES = 8;

let milliseconds = 0;
let prefix = '';
let counter = 0;

const random = Buffer.alloc(RANDOM_IDS * RANDOM_BYTES);
let randomDigits = '';
let randomUsed = RANDOM_IDS;

/**
 * A new UUIDv7: unique, and ordered by time so that indexes stay compact. Those made in one millisecond are counted in the
 * twelve bits behind the time (RFC 9562, 6.2), the other 62 are random.
 */
export function newId(): string {
  const now = Date.now();
  if (now > milliseconds) startMillisecond(now);
  // A clock that stands still or steps back is run ahead of, so that the order holds.
  else if ((counter += 1) > COUNTER_MAX) startMillisecond(milliseconds + 1);
  if (randomUsed === RANDOM_IDS) drawRandom();
  const start = randomUsed * RANDOM_BYTES * 2;
  randomUsed += 1;
  const count = counter.toString(16).padStart(3, '0');
  return `${prefix}${count}-${randomDigits.slice(start, start + 4)}-${randomDigits.slice(start + 4, start + 16)}`;
}

function startMillisecond(value: number): void {
  milliseconds = value;
  counter = 0;
  const digits = value.toString(16).padStart(12, '0');
  prefix = `${digits.slice(0, 8)}-${digits.slice(8)}-7`;
}

function drawRandom(): void {
  randomFillSync(random);
  // The first two bits say which layout of UUID this is.
  for (let id = 0; id < random.length; id += RANDOM_BYTES) random.writeUInt8((random.readUInt8(id) & 0x3f) | 0x80, id);
  randomDigits = random.toString('hex');
  randomUsed = 0;
}

/** The UUIDv5 of a name: the same name and namespace give the same id on every machine. */
export function idFromName(name: string, namespace: string): string {
  return v5(name, namespace);
}
