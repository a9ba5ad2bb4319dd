import { Text } from '@mantine/core';

/** One fact about a service, and what belongs to it. */
export function FactCard({ title, value, facts }: { title: string; value: string; facts: readonly string[] }) {
  return (
    <div>
      <Text size="xs" c="dimmed">
        {title}
      </Text>
      <Text size="sm" fw={600} style={{ overflowWrap: 'anywhere' }}>
        {value}
      </Text>
      {facts.map((fact) => (
        <Text key={fact} size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
          {fact}
        </Text>
      ))}
    </div>
  );
}
