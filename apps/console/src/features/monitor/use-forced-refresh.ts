import { notifications } from '@mantine/notifications';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiError } from '../../shared/api/api-error.ts';
import { useNow } from '../../shared/ui/use-now.ts';

/** V1 allows one forced refresh per person in this time. */
const COOLDOWN_MS = 5_000;

export interface ForcedRefresh {
  readonly isPending: boolean;
  /** 0 when it may be asked for now. */
  readonly secondsLeft: number;
  run(): void;
}

/** Asks V1 to go to Studio past its cache. Afterwards, or when V1 says so, it must wait. */
export function useForcedRefresh<Answer>(
  fetch: () => Promise<Answer>,
  onDone: (answer: Answer) => void,
): ForcedRefresh {
  const [waitUntil, setWaitUntil] = useState(0);
  const now = useNow(250);
  const refresh = useMutation({
    mutationFn: fetch,
    onSuccess: (answer) => {
      setWaitUntil(Date.now() + COOLDOWN_MS);
      notifications.show({ color: 'teal', message: 'Forced refresh completed.' });
      onDone(answer);
    },
    onError: (error) => {
      const seconds = error instanceof ApiError ? error.facts.retryAfterSeconds : null;
      if (seconds !== null) setWaitUntil(Date.now() + seconds * 1000);
      notifications.show({
        color: seconds === null ? 'red' : 'yellow',
        title: 'Not refreshed',
        message: error.message,
      });
    },
  });
  return {
    isPending: refresh.isPending,
    secondsLeft: Math.max(0, Math.ceil((waitUntil - now) / 1000)),
    run: () => refresh.mutate(),
  };
}
