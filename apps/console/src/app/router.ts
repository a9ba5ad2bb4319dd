import { createRouter } from '@tanstack/react-router';
import { routeTree } from '@face';
import { forgetSession } from '../shared/session/session.ts';
import { createQueryClient } from './query-client.ts';

/** Every value stays the text it is in the address: guessing types would lose `?q=2041`. */
function parseSearch(text: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(text));
}

/** Colons need no escape in a query, and keys are read by people. */
function stringifySearch(search: Record<string, unknown>): string {
  const given = Object.entries(search).filter(([, value]) => value !== undefined && value !== '');
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return text === '' ? '' : `?${text.replaceAll('%3A', ':')}`;
}

export const queryClient = createQueryClient(() => {
  forgetSession(queryClient);
  // The layout's guard then leads to the sign-in page and back.
  void router.invalidate();
});

export const router = createRouter({
  routeTree,
  context: { queryClient },
  parseSearch,
  stringifySearch,
  defaultPreload: 'intent',
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
