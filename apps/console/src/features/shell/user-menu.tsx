import { Avatar, Menu, Text, UnstyledButton, VisuallyHidden } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconLogout } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { signOut, type SignedInUser } from '../../shared/session/session.ts';

/** Who is signed in, with which role, and the way out. */
export function UserMenu({ user, onSignedOut }: { user: SignedInUser; onSignedOut(): void }) {
  const queryClient = useQueryClient();
  const leave = useMutation({
    mutationFn: () => signOut(queryClient),
    onSuccess: onSignedOut,
    onError: (error) => notifications.show({ color: 'red', title: 'Still signed in', message: error.message }),
  });
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <UnstyledButton>
          <VisuallyHidden>{`${user.name}, ${user.role}`}</VisuallyHidden>
          <Avatar name={user.name} color="indigo" radius="xl" size={36} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <div style={{ padding: '8px 12px' }}>
          <Text size="sm" fw={600}>
            {user.name}
          </Text>
          <Text size="xs" c="dimmed">
            {user.email}
          </Text>
          <Text size="xs" c="dimmed">
            Role: {user.role}
          </Text>
        </div>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={() => leave.mutate()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
