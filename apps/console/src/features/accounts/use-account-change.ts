import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { ApiError } from '../../shared/api/api-error.ts';
import { refreshAccounts } from './account-queries.ts';

interface AccountChange<Answer> {
  run(): Promise<Answer>;
  /** What to tell the person once it is done. */
  done(answer: Answer): string;
  onDone(answer: Answer): void;
}

/** One change of an account: afterwards everything shown about accounts is read again. */
export function useAccountChange<Answer>({ run, done, onDone }: AccountChange<Answer>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: run,
    onSuccess: (answer) => {
      notifications.show({ color: 'teal', message: done(answer) });
      onDone(answer);
      return refreshAccounts(queryClient);
    },
    onError: (error) => {
      // Somebody else was faster: the dialog must not go on showing what was.
      if (error instanceof ApiError && error.facts.code === 'stale_version') return refreshAccounts(queryClient);
      return undefined;
    },
  });
}
