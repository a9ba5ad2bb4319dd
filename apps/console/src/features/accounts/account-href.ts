/** Address of one account; colons stay readable. */
export function accountHref(externalKey: string): string {
  return `/accounts?account=${encodeURIComponent(externalKey).replaceAll('%3A', ':')}`;
}
