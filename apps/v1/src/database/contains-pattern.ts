/** A LIKE pattern that finds rows containing the text as it is; null (no filter) for an absent or empty text. */
export function containsPattern(text: string | undefined): string | null {
  if (text === undefined || text === '') return null;
  return `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`;
}
