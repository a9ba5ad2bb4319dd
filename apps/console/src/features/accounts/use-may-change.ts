import { useCurrentUser } from '../../shared/session/use-current-user.ts';

const WRITERS = ['admin', 'operator'];

/** Whether the signed-in person may change accounts. The service decides; this only hides what it would refuse. */
export function useMayChange(): boolean {
  return WRITERS.includes(useCurrentUser().role);
}
