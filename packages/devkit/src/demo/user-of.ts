import type { StackDescription } from '../stack/stack.ts';

/** Login of a role, as the start made it. */
export function userOf(
  stack: Pick<StackDescription, 'users'>,
  app: 'v1' | 'studio',
  role: string,
): StackDescription['users'][number] {
  const user = stack.users.find((candidate) => candidate.app === app && candidate.role === role);
  if (!user) throw new Error(`stack.json names no ${role} of ${app}`);
  return user;
}
