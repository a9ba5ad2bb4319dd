import type { StackDescription } from './stack.ts';

/** The addresses, logins and tokens of a running stack as aligned columns. */
export function summarize(stack: StackDescription, file: string): string {
  const urls = { v1: stack.v1.url, studio: stack.studio.url };
  const addresses = [
    ['V1', urls.v1, `${urls.v1}/docs`],
    ['Studio', urls.studio, `${urls.studio}/docs`],
  ];
  const logins = stack.users.map(({ app, role, email, password }) => [app, role, email, password]);
  const tokens = [
    ['service token (V1 at Studio)', stack.service_token],
    ['API key (V1)', stack.api_key],
  ];
  return [
    '\nTandem is running. Ctrl-C stops it; the data stays.\n',
    columns(['', 'address', 'API'], addresses),
    columns(['app', 'role', 'email', 'password'], logins),
    columns(['', 'token'], tokens),
    `All of this is also in ${file}\n`,
  ].join('\n');
}

function columns(heading: string[], rows: string[][]): string {
  const all = [heading, ...rows];
  const widths = heading.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return (
    all.map((row) => `  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd()).join('\n') + '\n'
  );
}
