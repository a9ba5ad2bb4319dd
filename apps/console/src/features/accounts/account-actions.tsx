import { ActionIcon, Button, Group, Menu, Text, Tooltip } from '@mantine/core';
import {
  IconCalendarDue,
  IconCoins,
  IconDots,
  IconPlayerPause,
  IconPlayerPlay,
  IconSwitchHorizontal,
} from '@tabler/icons-react';
import { useState } from 'react';
import { isEnrolled } from './account-columns.tsx';
import { GrantDialog } from './grant-dialog.tsx';
import { ModeDialog } from './mode-dialog.tsx';
import type { OperatorAccount } from './studio-api.ts';
import { SuspendDialog } from './suspend-dialog.tsx';
import { TermsDialog } from './terms-dialog.tsx';
import { useMayChange } from './use-may-change.ts';

const DIALOGS = { grant: GrantDialog, mode: ModeDialog, suspend: SuspendDialog, terms: TermsDialog };

interface AccountActionsProps {
  readonly account: OperatorAccount;
  onEnrol(externalKey: string): void;
}

/** What may be done with an account; nothing for roles that only look. */
export function AccountActions({ account, onEnrol }: AccountActionsProps) {
  const [open, setOpen] = useState<keyof typeof DIALOGS>();
  const mayChange = useMayChange();
  if (!mayChange) {
    return (
      <Text size="sm" c="dimmed">
        Your role may look, but change nothing.
      </Text>
    );
  }
  if (!isEnrolled(account)) return <EnrolButton externalKey={account.external_key} onEnrol={onEnrol} />;
  const Dialog = open && DIALOGS[open];
  const isActive = account.account_status === 'ACTIVE';
  return (
    <Group gap="xs">
      <Button leftSection={<IconCoins size={17} aria-hidden />} onClick={() => setOpen('grant')}>
        Grant credits
      </Button>
      <Button
        variant="default"
        leftSection={<IconSwitchHorizontal size={17} aria-hidden />}
        onClick={() => setOpen('mode')}
      >
        Change mode
      </Button>
      <Menu position="bottom-end">
        <Menu.Target>
          <Tooltip label="More">
            <ActionIcon variant="default" size={36} aria-label="More actions">
              <IconDots size={18} aria-hidden />
            </ActionIcon>
          </Tooltip>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconCalendarDue size={16} aria-hidden />} onClick={() => setOpen('terms')}>
            Payment terms
          </Menu.Item>
          <Menu.Item
            leftSection={
              isActive ? <IconPlayerPause size={16} aria-hidden /> : <IconPlayerPlay size={16} aria-hidden />
            }
            onClick={() => setOpen('suspend')}
          >
            {isActive ? 'Suspend' : 'Reactivate'}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {Dialog && <Dialog account={account} onClose={() => setOpen(undefined)} />}
    </Group>
  );
}

/** Opens the wizard for a key that is known already; not there for roles that only look. */
export function EnrolButton({ externalKey, onEnrol }: { externalKey: string; onEnrol(externalKey: string): void }) {
  const mayChange = useMayChange();
  return mayChange ? (
    <Button style={{ alignSelf: 'flex-start' }} onClick={() => onEnrol(externalKey)}>
      Enrol {externalKey}
    </Button>
  ) : null;
}
