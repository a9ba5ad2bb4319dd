/** What an array parameter may hold; undefined is NULL. */
export type ArrayElement = string | number | null | undefined;

/**
 * The text PostgreSQL reads as an array, for parameters of a batch: `{"a",NULL,"3"}` fits an array of any type. The driver
 * would write the same from an array, at several times the memory.
 */
export function toPgArray(values: readonly ArrayElement[]): string {
  // Joining makes one text; an element with quotes around it is one more text for each.
  if (values.length > 0 && values.every(isPlainText)) return `{"${values.join('","')}"}`;
  return `{${values.map(toElement).join(',')}}`;
}

/** The same for numbers, ids and hexadecimal digits, which need no quotes. */
export function toBarePgArray(values: readonly (string | number)[]): string {
  return `{${values.join(',')}}`;
}

function isPlainText(value: ArrayElement): boolean {
  return typeof value === 'string' && !value.includes('"') && !value.includes('\\');
}

function toElement(value: ArrayElement): string | number {
  if (value === null || value === undefined) return 'NULL';
  return typeof value === 'number' ? value : `"${value.replace(/["\\]/g, '\\$&')}"`;
}
