import { Badge, Tooltip } from '@mantine/core';
import type { OperatorAccount } from './studio-api.ts';

const LOOKS = {
  ACTIVE: { color: 'teal', meaning: 'Takes new work' },
  SUSPENDED: { color: 'orange', meaning: 'No new holds; open ones may still be settled' },
  UNENROLLED: { color: 'gray', meaning: 'Only events came so far; nobody enrolled it' },
} as const;

export function StatusBadge({ status }: { status: OperatorAccount['account_status'] }) {
  return (
    <Tooltip label={LOOKS[status].meaning}>
      <Badge variant="light" color={LOOKS[status].color} radius="sm" miw="max-content">
        {status}
      </Badge>
    </Tooltip>
  );
}
