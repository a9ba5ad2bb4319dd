import { Badge, Group, Text, Tooltip } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { Warning } from './monitor-api.ts';

const LOOKS: Record<Warning, { color: string; meaning: string }> = {
  insufficient_credits: { color: 'red', meaning: 'CREDIT mode with nothing available: approvals are soft-gated' },
  studio_unreachable: { color: 'orange', meaning: 'The last call to Studio for this account failed' },
  studio_cached: { color: 'yellow', meaning: 'The figures are from an earlier answer of Studio' },
  not_enrolled: { color: 'gray', meaning: 'Studio has no such account (HTTP 404); it is treated as POSTPAID' },
};

/** Machine words with what they mean for people. */
export function WarningBadges({ warnings }: { warnings: readonly Warning[] }) {
  if (warnings.length === 0) return <Text size="sm">–</Text>;
  return (
    <Group gap={4}>
      {warnings.map((warning) => (
        <Tooltip key={warning} label={LOOKS[warning].meaning} multiline maw={280}>
          <Badge
            variant="light"
            radius="sm"
            miw="max-content"
            color={LOOKS[warning].color}
            leftSection={<IconAlertTriangle size={12} aria-hidden />}
          >
            {warning}
          </Badge>
        </Tooltip>
      ))}
    </Group>
  );
}
