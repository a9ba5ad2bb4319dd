/** Address of one account; colons stay readable. */
export function monitorHref(externalKey: string): string {
  return `/admin/billing-monitor?account=${encodeURIComponent(externalKey).replaceAll('%3A', ':')}`;
}
