import { createFileRoute, redirect } from '@tanstack/react-router';
import { face } from '@face';

export const Route = createFileRoute('/')({
  beforeLoad: () => {
    throw redirect({ href: face.home, replace: true });
  },
});
