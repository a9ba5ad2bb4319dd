import { Alert, Button, Group, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { ApiError } from '../api/api-error.ts';

/** What went wrong, with the request id that finds it in the logs. */
export function ErrorPanel({ error, title, onRetry }: { error: Error; title: string; onRetry?: () => void }) {
  const requestId = error instanceof ApiError ? error.facts.requestId : null;
  return (
    <Alert color="red" title={title} icon={<IconAlertTriangle aria-hidden />} role="alert">
      <Text size="sm" c="inherit">
        {error.message}
      </Text>
      <Group mt="xs" gap="md">
        {onRetry && (
          <Button size="xs" variant="default" onClick={onRetry}>
            Try again
          </Button>
        )}
        {requestId && (
          <Text size="xs" ff="monospace" c="inherit">
            request id {requestId}
          </Text>
        )}
      </Group>
    </Alert>
  );
}
