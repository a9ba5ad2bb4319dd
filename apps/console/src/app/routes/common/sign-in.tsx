import { createFileRoute, redirect, useRouter } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { face } from '@face';
import { SignInPage } from '../../../features/sign-in/sign-in-page.tsx';
import { sessionQuery } from '../../../shared/session/session.ts';
import { ownPath } from '../../own-path.ts';

export const Route = createFileRoute('/sign-in')({
  validateSearch: z.object({ next: z.catch(z.optional(z.string()), undefined) }),
  beforeLoad: async ({ context, search }) => {
    const user = await context.queryClient.ensureQueryData(sessionQuery);
    if (user) throw redirect({ href: ownPath(search.next) ?? face.home });
  },
  component: SignIn,
});

function SignIn() {
  const router = useRouter();
  const { next } = Route.useSearch();
  return <SignInPage face={face} onSignedIn={() => router.history.push(ownPath(next) ?? face.home)} />;
}
