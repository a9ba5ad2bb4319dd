import { DomainError } from '@tandem/platform/errors';
import { decodeCursor } from '@tandem/platform/http/paging';

/** Forms a part of a cursor may have. A cursor comes from the caller: each part must suit its column before it gets there. */
export const CURSOR_PART = {
  integer: /^-?[0-9]{1,16}$/,
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  text: /^[^]{0,256}$/,
} as const;

/**
 * Parts of a cursor as texts, or undefined for the first page.
 * @throws DomainError `bad_request` when it is not a cursor of this list
 */
export function readCursor(
  cursor: string | undefined,
  forms: readonly (keyof typeof CURSOR_PART)[],
): (string | null)[] | undefined {
  if (cursor === undefined) return undefined;
  return decodeCursor(cursor, forms.length).map((part, index) => {
    if (part === null) return null;
    const form = forms[index];
    if (form === undefined || !CURSOR_PART[form].test(String(part))) {
      throw new DomainError('bad_request', 'The cursor is not valid.');
    }
    return String(part);
  });
}
