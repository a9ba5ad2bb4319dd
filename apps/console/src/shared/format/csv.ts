export type CsvCell = string | number | null;

const PLAIN_NUMBER = /^-?[0-9]+(\.[0-9]+)?$/;

/** CSV with a header row, as RFC 4180 writes it. */
export function toCsv(header: readonly string[], rows: readonly (readonly CsvCell[])[]): string {
  return [header, ...rows].map((row) => row.map(cellText).join(',')).join('\r\n') + '\r\n';
}

/** Spreadsheets run what begins like a formula: an apostrophe keeps it text. Plain numbers stay numbers. */
function cellText(cell: CsvCell): string {
  const text = cell === null ? '' : String(cell);
  const guarded = /^[=+\-@\t\r]/.test(text) && !PLAIN_NUMBER.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

/** Hands the text to the browser as a file. The mark in front makes spreadsheets read it as UTF-8. */
export function downloadCsv(name: string, csv: string): void {
  const url = URL.createObjectURL(new Blob([`\uFEFF${csv}`], { type: 'text/csv;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
