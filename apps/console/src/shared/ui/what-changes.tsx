import { List, Paper, Text } from '@mantine/core';

/** What a dialog is about to do, in words, before it is done. */
export function WhatChanges({ items }: { items: readonly string[] }) {
  return (
    <Paper p="sm" radius="md" bg="var(--tandem-subtle)">
      <Text size="sm" fw={600} mb={4}>
        What changes
      </Text>
      <List size="sm" spacing={2}>
        {items.map((item) => (
          <List.Item key={item}>{item}</List.Item>
        ))}
      </List>
    </Paper>
  );
}
