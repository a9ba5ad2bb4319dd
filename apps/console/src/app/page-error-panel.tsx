import { Container } from '@mantine/core';
import { useRouter, type ErrorComponentProps } from '@tanstack/react-router';
import { ErrorPanel } from '../shared/ui/error-panel.tsx';

/** What is left of a page that could not be shown. */
export function PageErrorPanel({ error }: ErrorComponentProps) {
  const router = useRouter();
  const cause = error instanceof Error ? error : new Error(String(error));
  return (
    <Container component="main" size="sm" py="xl">
      <ErrorPanel error={cause} title="This page could not be shown" onRetry={() => void router.invalidate()} />
    </Container>
  );
}
