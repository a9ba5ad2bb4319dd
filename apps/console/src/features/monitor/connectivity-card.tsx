import { Badge, Group, Paper, SimpleGrid, Stack, Text, ThemeIcon, Title } from '@mantine/core';
import { IconServer2 } from '@tabler/icons-react';
import { formatMoment } from '../../shared/format/time.ts';
import classes from './connectivity-card.module.css';
import { FactCard } from './fact-card.tsx';
import type { MonitorSummary } from './monitor-api.ts';

/** Who talks to whom, how fast, and what is known of both. */
export function ConnectivityCard({ summary }: { summary: MonitorSummary }) {
  const { v1_meta: v1, studio } = summary;
  const meta = studio.studio_meta;
  const age = studio.cache_age_seconds === null ? '–' : `${Math.round(studio.cache_age_seconds)}s`;
  return (
    <Paper p="lg" component="section" aria-label="Connectivity">
      <Stack>
        <Group justify="space-between" gap="xs">
          <Title order={2} size="h4">
            Connectivity
          </Title>
          <ReachableBadge studio={studio} />
        </Group>
        <div className={classes.diagram}>
          <Node name="Tandem V1" version={v1.version} color="teal" />
          <Link studio={studio} />
          <Node name="Studio" version={meta?.version ?? 'unknown'} color={linkColor(studio)} />
        </div>
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="lg" verticalSpacing="md">
          <FactCard title="V1 Identity" value={v1.app} facts={[`Version: ${v1.version}`, `Env: ${v1.environment}`]} />
          <FactCard
            title="Studio Base URL"
            value={studio.base_url}
            facts={[
              `Last success: ${studio.last_ok_at === null ? 'never' : formatMoment(studio.last_ok_at)}`,
              `Cache age: ${age} / TTL ${studio.cache_ttl_seconds}s`,
            ]}
          />
          <FactCard
            title="Studio Meta"
            value={meta?.app ?? '–'}
            facts={[`Service: ${meta?.service ?? '–'}`, `Env: ${meta?.env ?? '–'}`]}
          />
          <FactCard
            title="Default Mode"
            value={v1.default_billing_mode}
            facts={[`Reconcile endpoint: ${studio.reconcile_endpoint ?? '–'}`, `Error: ${studio.error ?? 'none'}`]}
          />
        </SimpleGrid>
      </Stack>
    </Paper>
  );
}

type Studio = MonitorSummary['studio'];

function linkColor(studio: Studio): string {
  if (studio.token_rejected) return 'red';
  if (studio.reachable) return studio.error === null ? 'teal' : 'orange';
  return studio.show_cached_banner ? 'orange' : 'red';
}

/** A rejected token is a fault at our end: "unavailable" would send people to look at the other one. */
function badgeText(studio: Studio): string {
  if (studio.token_rejected) return 'Token rejected';
  return studio.reachable ? 'Studio reachable' : 'Studio unavailable';
}

function ReachableBadge({ studio }: { studio: Studio }) {
  return (
    <Badge variant="light" color={linkColor(studio)} radius="sm" miw="max-content">
      {badgeText(studio)}
    </Badge>
  );
}

function Node({ name, version, color }: { name: string; version: string; color: string }) {
  return (
    <Paper p="xs" radius="md" className={classes.node}>
      <ThemeIcon variant="light" color={color} size={34} radius="md">
        <IconServer2 size={20} aria-hidden />
      </ThemeIcon>
      <div>
        <Text size="sm" fw={650}>
          {name}
        </Text>
        <Text size="xs" ff="monospace" c="dimmed">
          {version}
        </Text>
      </div>
    </Paper>
  );
}

/** The line between both, with its latency or its fault. */
function Link({ studio }: { studio: Studio }) {
  const isFine = studio.reachable && studio.error === null;
  const latency = studio.latency_ms === null ? 'ok' : `${Math.round(studio.latency_ms)} ms`;
  return (
    <div className={classes.link} data-broken={!isFine || undefined}>
      <Text size="xs" ta="center" ff="monospace" c={isFine ? 'dimmed' : 'var(--tandem-text-red)'}>
        {isFine ? latency : studio.reason}
      </Text>
    </div>
  );
}
