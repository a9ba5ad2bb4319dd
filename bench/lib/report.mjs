const isTerminal = process.stderr.isTTY === true;

/** Says what happens now: one line that changes in a terminal, nothing elsewhere. Never on standard output. */
export function say(text) {
  if (isTerminal) process.stderr.write(`\r\x1b[K... ${text}`);
}

export function endProgress() {
  if (isTerminal) process.stderr.write('\r\x1b[K');
}

/** Prints the rates of one benchmark with their costs, and its figures with their targets. */
export function printTables(contestants, rows) {
  const rates = contestants.map(({ name, perSecond, ...median }) => [
    name,
    ...[perSecond.min, perSecond.median, perSecond.max].map((rate) => count(rate)),
    ...[median.p50Ms, median.p99Ms].map((time) => time.toFixed(1)),
    ...[median.serviceMicros, median.databaseMicros, median.clientMicros].map(count),
  ]);
  if (rates.length > 0) {
    print(['', 'min/s', 'median/s', 'max/s', 'p50 ms', 'p99 ms', 'service us', 'database us', 'client us'], rates);
  }
  print(
    ['', 'figure', 'unit', 'target', ''],
    rows.map(({ name, value, unit, target, ok }) => [
      name,
      value.toLocaleString('en'),
      unit,
      target === null ? '-' : target.toLocaleString('en'),
      target === null ? '' : ok ? 'reached' : 'not reached',
    ]),
  );
}

function count(figure) {
  return figure === undefined ? '-' : Math.round(figure).toLocaleString('en');
}

function print(head, rows) {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column].length)));
  const line = (cells) => cells.map((cell, column) => pad(cell, widths[column], column)).join('  ');
  console.log([head, ...rows].map((cells) => line(cells).trimEnd()).join('\n') + '\n');
}

/** Names to the left, figures to the right. */
function pad(cell, width, column) {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}
