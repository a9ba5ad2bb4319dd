import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { ApiError } from '../shared/api/api-error.ts';

const RETRIES_MAX = 2;

/** @param onSignedOut called when a service does not know the session any more */
export function createQueryClient(onSignedOut: () => void): QueryClient {
  const watch = (error: Error) => {
    if (error instanceof ApiError && error.facts.status === 401 && error.facts.code !== 'invalid_credentials') {
      onSignedOut();
    }
  };
  return new QueryClient({
    queryCache: new QueryCache({ onError: watch }),
    mutationCache: new MutationCache({ onError: watch }),
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        // What a service refused it will refuse again; only silence is worth another try.
        retry: (count, error) => count < RETRIES_MAX && error instanceof ApiError && error.isUnclear,
      },
      mutations: { retry: false },
    },
  });
}
