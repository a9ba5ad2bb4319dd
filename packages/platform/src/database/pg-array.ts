/** What an array parameter may hold; undefined is NULL. */
export type ArrayElement = string | number | null | undefined;

/**
 * The text PostgreSQL reads as an array, for parameters of a batch: `{"a",NULL,"3"}` fits an array of any type. The driver
 * would write the same from an array, at several times the memory.
 */
export function toPgArray(values: readonly ArrayElement[]): string {
  return `{${values.map(toElement).join(',')}}`;
}

function toElement(value: ArrayElement): string | number {
  if (value === null || value === undefined) return 'NULL';
  return typeof value === 'number' ? value : `"${value.replace(/["\\]/g, '\\$&')}"`;
}
