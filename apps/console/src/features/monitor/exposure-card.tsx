import { Badge, Group, Paper, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { formatCredits } from '../../shared/format/credits.ts';
import { RelativeTime } from '../../shared/ui/relative-time.tsx';
import type { MonitorSummary } from './monitor-api.ts';

/** What was decided without Studio and what it does not know yet: the price of an outage, and that nothing is lost. */
export function ExposureCard({ summary }: { summary: MonitorSummary }) {
  const { outbox, decisions } = summary;
  return (
    <Paper p="lg" component="section" aria-label="Decisions without Studio">
      <Stack>
        <Title order={2} size="h4">
          Decisions without Studio
        </Title>
        <SimpleGrid cols={{ base: 2, xs: 4, md: 2, lg: 4 }} spacing="md">
          <Figure label="Open decisions" value={formatCredits(decisions.open)} isAlarming={decisions.open > 0} />
          <Figure
            label="Credits at stake"
            value={formatCredits(decisions.open_exposure)}
            isAlarming={decisions.open_exposure > 0}
          />
          <Figure label="Outbox pending" value={formatCredits(outbox.pending)} />
          <Figure label="Outbox parked" value={formatCredits(outbox.parked)} isAlarming={outbox.parked > 0} />
        </SimpleGrid>
        {outbox.oldest_pending_at !== null && (
          <Group gap={4}>
            <Text size="sm" c="dimmed">
              Oldest unsent fact:
            </Text>
            <RelativeTime size="sm" at={outbox.oldest_pending_at} />
          </Group>
        )}
        <Outages outages={summary.outages} />
      </Stack>
    </Paper>
  );
}

function Figure({ label, value, isAlarming }: { label: string; value: string; isAlarming?: boolean }) {
  return (
    <div>
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      <Text fz="lg" fw={650} className="figures" c={isAlarming ? 'var(--tandem-text-red)' : undefined}>
        {value}
      </Text>
    </div>
  );
}

function Outages({ outages }: { outages: MonitorSummary['outages'] }) {
  if (outages.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        No outage so far: every decision was taken with Studio’s answer.
      </Text>
    );
  }
  return (
    <Stack gap={6}>
      <Text size="xs" fw={600} c="dimmed">
        Last outages
      </Text>
      {outages.map((outage) => (
        <Group key={outage.id} gap="xs" justify="space-between">
          <Group gap="xs">
            <Badge variant="light" radius="sm" size="sm" color={outage.ended_at === null ? 'red' : 'gray'}>
              {outage.ended_at === null ? 'open' : 'over'}
            </Badge>
            <RelativeTime size="sm" at={outage.started_at} />
            <Text size="xs" c="dimmed" ff="monospace">
              {outage.reason}
            </Text>
          </Group>
          <Text size="xs" c="dimmed">
            {`${formatCredits(outage.amount)} credits decided, ${formatCredits(outage.refused_amount)} would have been refused`}
          </Text>
        </Group>
      ))}
    </Stack>
  );
}
