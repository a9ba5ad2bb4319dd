import { Paper, SimpleGrid, Text } from '@mantine/core';

interface Figure {
  readonly label: string;
  readonly value: string;
  readonly color?: string | undefined;
}

/** A few figures side by side. */
export function FigureRow({ figures }: { figures: readonly Figure[] }) {
  return (
    <SimpleGrid cols={figures.length} spacing="sm">
      {figures.map((figure) => (
        <Paper key={figure.label} p="sm" radius="md" bg="var(--tandem-subtle)">
          <Text size="xs" c="dimmed">
            {figure.label}
          </Text>
          <Text fz="lg" fw={650} className="figures" c={figure.color}>
            {figure.value}
          </Text>
        </Paper>
      ))}
    </SimpleGrid>
  );
}
