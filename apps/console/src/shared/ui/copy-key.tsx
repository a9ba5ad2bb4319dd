import { ActionIcon, Group, Text, Tooltip } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconCopy } from '@tabler/icons-react';

/** Puts a key on the clipboard and says so. */
export async function copyKey(key: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(key);
    notifications.show({ message: `Copied ${key}`, color: 'teal' });
  } catch {
    // Browsers refuse on insecure origins or without the permission; the reason helps nobody.
    notifications.show({ message: 'Clipboard copy failed', color: 'red' });
  }
}

/** A key in monospace with its copy button. */
export function CopyKey({ externalKey, size = 'xs' }: { externalKey: string; size?: 'xs' | 'sm' }) {
  return (
    <Group gap={4} wrap="nowrap">
      <Text ff="monospace" size={size} c="dimmed" truncate title={externalKey}>
        {externalKey}
      </Text>
      <Tooltip label="Copy external_key">
        <ActionIcon
          variant="subtle"
          color="gray"
          size={24}
          aria-label={`Copy external_key ${externalKey}`}
          onClick={(event) => {
            event.stopPropagation();
            void copyKey(externalKey);
          }}
        >
          <IconCopy size={15} aria-hidden />
        </ActionIcon>
      </Tooltip>
    </Group>
  );
}
