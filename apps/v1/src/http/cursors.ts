import { decodeCursor } from '@tandem/platform/http/paging';
import { DomainError } from '@tandem/platform/errors';

/**
 * The id a page of a list in id order starts from; undefined for the first page.
 * @throws DomainError `bad_request` for a cursor of another list.
 */
export function readIdCursor(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined;
  const [id] = decodeCursor(cursor, 1);
  if (!isId(id)) throw new DomainError('bad_request', 'The cursor is not valid.');
  return id;
}

/**
 * The name and id a page of a list in name order starts from; undefined for the first page.
 * @throws DomainError `bad_request` for a cursor of another list.
 */
export function readNameCursor(cursor: string | undefined): { name: string; id: number } | undefined {
  if (cursor === undefined) return undefined;
  const [name, id] = decodeCursor(cursor, 2);
  if (typeof name !== 'string' || !isId(id)) throw new DomainError('bad_request', 'The cursor is not valid.');
  return { name, id };
}

function isId(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 2_147_483_647;
}
