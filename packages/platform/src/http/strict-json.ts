import { DomainError } from '../errors.ts';

const NESTING_MAX = 32;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

const LONE_SURROGATE = /\p{Surrogate}/u;
/** Names every object inherits: a validator that looks them up finds them on any body, and lets them pass as known. */
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['prototype', ...Object.getOwnPropertyNames(Object.prototype)]);

const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * Parses a request body that must be a JSON object or array.
 *
 * Stricter than JSON.parse where being lenient costs money or a crash later: bytes must be UTF-8, nesting is at most 32
 * levels, a key may appear once per object, keys that reach prototypes are refused, and strings hold neither NUL (which
 * PostgreSQL cannot store) nor half a surrogate pair (which it would store as another character).
 *
 * @throws DomainError `bad_request`, with a text of ours: the parser's own would echo the input.
 */
export function parseStrictJson(raw: Buffer): unknown {
  const text = decode(raw);
  scan(text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refuse('The body is not valid JSON.');
  }
  if (typeof value !== 'object' || value === null) throw refuse('The body must be a JSON object or array.');
  return value;
}

function refuse(text: string): DomainError {
  return new DomainError('bad_request', text);
}

function decode(raw: Buffer): string {
  if (raw.length === 0) throw refuse('The body is empty.');
  try {
    return decoder.decode(raw);
  } catch {
    throw refuse('The body is not valid UTF-8.');
  }
}

/**
 * One pass over the text before the parser runs, because the parser recurses and keeps only the last of two equal keys.
 * It does not check the grammar, which is JSON.parse's work; on well-formed documents it sees exactly the strings and
 * braces the parser sees.
 */
function scan(text: string): void {
  // Only escapes can bring in what a text may not hold, and only with them a quote is not an end: most bodies have none.
  const hasEscapes = text.includes('\\');
  const open: (Set<string> | null)[] = [];
  let keys: Set<string> | null = null;
  let expectsKey = false;
  for (let index = 0; index < text.length; index += 1) {
    switch (text.charCodeAt(index)) {
      case QUOTE: {
        const end = findStringEnd(text, index + 1);
        if (expectsKey && keys !== null) addKey(keys, readString(text, index, end));
        else if (hasEscapes) readString(text, index, end);
        expectsKey = false;
        index = end;
        break;
      }
      case OPEN_BRACE:
      case OPEN_BRACKET: {
        if (open.length >= NESTING_MAX) throw refuse(`The body is nested deeper than ${NESTING_MAX} levels.`);
        keys = text.charCodeAt(index) === OPEN_BRACE ? new Set() : null;
        open.push(keys);
        expectsKey = keys !== null;
        break;
      }
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        open.pop();
        keys = open.at(-1) ?? null;
        expectsKey = false;
        break;
      case COMMA:
        expectsKey = keys !== null;
        break;
      case COLON:
        expectsKey = false;
        break;
    }
  }
}

/** Index of the closing quote of the string that starts at `from`. */
function findStringEnd(text: string, from: number): number {
  let end = text.indexOf('"', from);
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  if (end === -1) throw refuse('The body is not valid JSON.');
  return end;
}

function isEscaped(text: string, index: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(index - 1 - backslashes) === BACKSLASH) backslashes += 1;
  return backslashes % 2 === 1;
}

/** The value of a string. Only escapes can bring in NUL or half a pair: bytes and parser refuse both when unescaped. */
function readString(text: string, start: number, end: number): string {
  const raw = text.slice(start + 1, end);
  if (!raw.includes('\\')) return raw;
  let content: string;
  try {
    // Resolved before anything is compared: "\u0061" and "a" are one key.
    content = JSON.parse(text.slice(start, end + 1)) as string;
  } catch {
    throw refuse('The body is not valid JSON.');
  }
  if (content.includes('\0')) throw refuse('A text in the body contains the NUL character.');
  if (LONE_SURROGATE.test(content)) throw refuse('A text in the body contains an incomplete Unicode character.');
  return content;
}

function addKey(keys: Set<string>, key: string): void {
  if (FORBIDDEN_KEYS.has(key)) throw refuse('The body contains a field name that is not allowed.');
  if (keys.has(key)) throw refuse('The body contains the same field twice.');
  keys.add(key);
}
