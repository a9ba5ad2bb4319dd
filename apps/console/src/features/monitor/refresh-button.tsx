import { Button, Tooltip } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import type { ForcedRefresh } from './use-forced-refresh.ts';

/** Goes to Studio now; while it may not, it says for how long and why. */
export function RefreshButton({ label, refresh }: { label: string; refresh: ForcedRefresh }) {
  const isWaiting = refresh.secondsLeft > 0;
  const reason = isWaiting ? 'One forced refresh per 5 seconds' : 'Asks Studio now, past the cache of V1';
  return (
    <Tooltip label={reason}>
      <Button
        variant="default"
        leftSection={<IconRefresh size={16} aria-hidden />}
        aria-disabled={isWaiting || refresh.isPending}
        data-disabled={isWaiting || refresh.isPending || undefined}
        onClick={() => !isWaiting && !refresh.isPending && refresh.run()}
      >
        {refresh.isPending ? 'Refreshing…' : label}
        {isWaiting && ` (${refresh.secondsLeft} s)`}
      </Button>
    </Tooltip>
  );
}
