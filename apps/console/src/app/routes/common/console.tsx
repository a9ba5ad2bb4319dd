import { createFileRoute, Outlet, redirect, useLocation, useRouter } from '@tanstack/react-router';
import { useSuspenseQuery } from '@tanstack/react-query';
import { face } from '@face';
import { ConsoleShell } from '../../../features/shell/console-shell.tsx';
import { sessionQuery } from '../../../shared/session/session.ts';

export const Route = createFileRoute('/_console')({
  beforeLoad: async ({ context, location }) => {
    const user = await context.queryClient.ensureQueryData(sessionQuery);
    if (!user) throw redirect({ to: '/sign-in', search: { next: location.href } });
  },
  component: SignedInConsole,
});

function SignedInConsole() {
  const router = useRouter();
  const path = useLocation({ select: (location) => location.pathname });
  const { data: user } = useSuspenseQuery(sessionQuery);
  if (!user) return null;
  return (
    <ConsoleShell
      face={face}
      user={user}
      path={path}
      onGo={(href) => router.history.push(href)}
      onSignedOut={() => void router.invalidate()}
    >
      <Outlet />
    </ConsoleShell>
  );
}
