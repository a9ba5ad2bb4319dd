import { useSuspenseQuery } from '@tanstack/react-query';
import { sessionQuery, type SignedInUser } from './session.ts';

/** Who is signed in; for what is shown inside the console's layout only, which nobody else sees. */
export function useCurrentUser(): SignedInUser {
  const { data } = useSuspenseQuery(sessionQuery);
  if (!data) throw new Error('Nobody is signed in');
  return data;
}
