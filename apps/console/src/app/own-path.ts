/** A path of this console from the address, or undefined: nobody may use the sign-in page to lead people elsewhere. */
export function ownPath(next: string | undefined): string | undefined {
  if (next === undefined) return undefined;
  const url = URL.canParse(next, window.location.origin) ? new URL(next, window.location.origin) : undefined;
  const isOwn = url?.origin === window.location.origin && !url.pathname.startsWith('//');
  return isOwn ? `${url.pathname}${url.search}` : undefined;
}
