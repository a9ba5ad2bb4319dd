import { DomainError } from '../errors.ts';

export const PAGE_LIMIT_MAX = 100;

const CURSOR_LENGTH_MAX = 1024;

/** Where the next page starts: the sort key of the last row shown. */
export type CursorPosition = readonly (string | number | null)[];

/** One page of rows; `next_cursor` is null on the last one. */
export interface Page<T> {
  readonly rows: T[];
  readonly next_cursor: string | null;
}

export function encodeCursor(position: CursorPosition): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/**
 * Reads a cursor back. It comes from the caller, so its parts are only ever used as query parameters.
 *
 * @param length how many parts the sort key has.
 * @throws DomainError `bad_request` when it is not a cursor of this list.
 */
export function decodeCursor(cursor: string, length: number): CursorPosition {
  const position = cursor.length <= CURSOR_LENGTH_MAX ? parse(cursor) : undefined;
  const isPosition =
    Array.isArray(position) &&
    position.length === length &&
    position.every((part) => part === null || isText(part) || (typeof part === 'number' && Number.isFinite(part)));
  if (!isPosition) throw new DomainError('bad_request', 'The cursor is not valid.');
  return position as CursorPosition;
}

function isText(part: unknown): boolean {
  return typeof part === 'string' && !/[\0\p{Surrogate}]/u.test(part);
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return undefined; // Reported by the caller, with every other fault of a cursor.
  }
}

/**
 * Page size from a query parameter; larger wishes get the maximum.
 *
 * @throws DomainError `bad_request` when it is not a whole number above 0.
 */
export function pageLimit(requested: string | number | undefined, fallback = 50, max = PAGE_LIMIT_MAX): number {
  if (requested === undefined) return Math.min(fallback, max);
  if (!/^\d{1,9}$/.test(String(requested)) || Number(requested) < 1) {
    throw new DomainError('bad_request', 'limit must be a whole number from 1.');
  }
  return Math.min(Number(requested), max);
}

/**
 * Cuts rows that were read with `limit + 1` to one page.
 *
 * @param position sort key of a row.
 */
export function toPage<T>(rowsWithOneMore: readonly T[], limit: number, position: (row: T) => CursorPosition): Page<T> {
  const rows = rowsWithOneMore.slice(0, limit);
  const last = rows.at(-1);
  const hasMore = rowsWithOneMore.length > limit && last !== undefined;
  return { rows, next_cursor: hasMore ? encodeCursor(position(last)) : null };
}
