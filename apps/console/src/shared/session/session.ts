import { queryOptions, type QueryClient } from '@tanstack/react-query';
import { ApiError } from '../api/api-error.ts';
import { bodyOf, createApi } from '../api/create-api.ts';
import type { components, paths } from '../api/v1.gen.ts';

export type SignedInUser = components['schemas']['SignedInUser'];

/** Both services sign people in under the same paths. */
const api = createApi<Pick<paths, '/v1/auth/login' | '/v1/auth/logout' | '/v1/auth/me'>>();

const SESSION_KEY = ['session'] as const;

/** Who is signed in; null when nobody is. */
export const sessionQuery = queryOptions({
  queryKey: SESSION_KEY,
  queryFn: readSession,
  staleTime: Infinity,
  retry: false,
});

async function readSession(): Promise<SignedInUser | null> {
  try {
    return (await bodyOf(api.GET('/v1/auth/me'))).user;
  } catch (error) {
    if (error instanceof ApiError && error.facts.status === 401) return null;
    throw error;
  }
}

/** @throws ApiError `invalid_credentials`, or `rate_limited` after too many tries */
export async function signIn(queryClient: QueryClient, email: string, password: string): Promise<void> {
  const { user } = await bodyOf(api.POST('/v1/auth/login', { body: { email, password } }));
  // Nothing that somebody else saw in this tab before may be shown from memory.
  queryClient.clear();
  queryClient.setQueryData(SESSION_KEY, user);
}

/** Ends the session at the service, too. */
export async function signOut(queryClient: QueryClient): Promise<void> {
  await api.POST('/v1/auth/logout');
  forgetSession(queryClient);
}

/** The service does not know the session any more. */
export function forgetSession(queryClient: QueryClient): void {
  queryClient.clear();
  queryClient.setQueryData(SESSION_KEY, null);
}
