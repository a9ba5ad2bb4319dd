import { Badge, Group, Text, Timeline } from '@mantine/core';
import { IconTimeline } from '@tabler/icons-react';
import type { components } from '../api/studio.gen.ts';
import { formatCreditsDelta } from '../format/credits.ts';
import { EmptyPanel } from '../ui/empty-panel.tsx';
import { RelativeTime } from '../ui/relative-time.tsx';

export type TimelineEntry = components['schemas']['TimelineRow'];

const SOURCES: Record<TimelineEntry['source'] | 'BALANCE_ALERT', { name: string; color: string }> = {
  CREDITS_LEDGER: { name: 'Ledger', color: 'indigo' },
  CREDITS_DECISION: { name: 'Decision', color: 'orange' },
  USAGE_V1: { name: 'V1', color: 'teal' },
  USAGE_V2: { name: 'V2', color: 'violet' },
  ACCOUNT_POLICY: { name: 'Policy', color: 'gray' },
  BALANCE_ALERT: { name: 'Alert', color: 'red' },
};

interface Run {
  readonly first: TimelineEntry;
  readonly count: number;
}

/** The same thing many times in a row is one entry with a count. */
function collapseRepeats(entries: readonly TimelineEntry[]): Run[] {
  return entries.reduce<Run[]>((runs, entry) => {
    const last = runs.at(-1);
    const isRepeat =
      last?.first.source === entry.source && last.first.event_type === entry.event_type && entry.ref_id === null;
    return isRepeat
      ? [...runs.slice(0, -1), { ...last, count: last.count + 1 }]
      : [...runs, { first: entry, count: 1 }];
  }, []);
}

/** Everything that happened to an account, newest first. */
export function TimelineList({ rows }: { rows: readonly TimelineEntry[] }) {
  if (rows.length === 0) {
    return (
      <EmptyPanel icon={IconTimeline} title="Nothing yet" why="Events, movements and policy changes appear here." />
    );
  }
  return (
    <Timeline bulletSize={12} lineWidth={2} active={-1} pt="sm" pl={4}>
      {collapseRepeats(rows).map(({ first, count }) => (
        <Timeline.Item
          key={first.id}
          title={
            <Group gap={6}>
              <Badge size="sm" radius="sm" variant="light" color={SOURCES[first.source].color}>
                {SOURCES[first.source].name}
              </Badge>
              <Text span size="sm" fw={600} ff="monospace">
                {first.event_type}
              </Text>
              {count > 1 && (
                <Text span size="sm" c="dimmed">
                  × {count}
                </Text>
              )}
              {first.amount !== null && (
                <Text span size="sm" className="figures">
                  {formatCreditsDelta(first.amount)}
                </Text>
              )}
            </Group>
          }
        >
          <Group gap="xs">
            <RelativeTime size="xs" c="dimmed" at={first.occurred_at} />
            {first.ref_type && (
              <Text size="xs" c="dimmed" ff="monospace">
                {first.ref_type} {first.ref_id}
              </Text>
            )}
          </Group>
        </Timeline.Item>
      ))}
    </Timeline>
  );
}
