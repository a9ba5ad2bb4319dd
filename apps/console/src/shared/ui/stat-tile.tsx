import { Paper, Skeleton, Stack, Text, UnstyledButton } from '@mantine/core';
import classes from './stat-tile.module.css';

export interface StatTileProps {
  readonly label: string;
  /** Undefined while it is not known yet. */
  readonly value: string | undefined;
  readonly hint: string;
  /** Something here needs a person. */
  readonly isAlarming?: boolean;
  readonly isActive?: boolean;
  /** Shows the rows behind the figure. */
  readonly onClick?: (() => void) | undefined;
}

/** One figure. With `onClick` it is a filter that can be on or off. */
export function StatTile({ label, value, hint, isAlarming, isActive, onClick }: StatTileProps) {
  const content = (
    <Stack gap={2}>
      <Text size="sm" c="dimmed">
        {label}
      </Text>
      {value === undefined ? (
        <Skeleton h={30} w={72} my={2} />
      ) : (
        <Text fz={24} fw={650} lh={1.4} className="figures" c={isAlarming ? 'var(--tandem-text-red)' : undefined}>
          {value}
        </Text>
      )}
      <Text size="xs" c="dimmed">
        {hint}
      </Text>
    </Stack>
  );
  if (!onClick) return <Paper p="md">{content}</Paper>;
  return (
    <UnstyledButton className={classes.tile} aria-pressed={isActive ?? false} onClick={onClick}>
      {content}
    </UnstyledButton>
  );
}
