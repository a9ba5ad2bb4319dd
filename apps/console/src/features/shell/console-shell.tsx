import { AppShell, Badge, Burger, Group, NavLink, Stack, Text, UnstyledButton } from '@mantine/core';
import { useDisclosure, useHotkeys } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Face } from '../../shared/face.ts';
import type { SignedInUser } from '../../shared/session/session.ts';
import { Logo } from '../../shared/ui/logo.tsx';
import classes from './console-shell.module.css';
import { JumpBox } from './jump-box.tsx';
import { SchemeToggle } from './scheme-toggle.tsx';
import { UserMenu } from './user-menu.tsx';

interface ConsoleShellProps {
  readonly face: Face;
  readonly user: SignedInUser;
  readonly path: string;
  onGo(href: string): void;
  onSignedOut(): void;
  readonly children: ReactNode;
}

/** What stays the same on every page: navigation, jump box, colour scheme, who is signed in. */
export function ConsoleShell({ face, user, path, onGo, onSignedOut, children }: ConsoleShellProps) {
  const [isMenuOpen, menu] = useDisclosure(false);
  const [isJumping, jump] = useDisclosure(false);
  // No tags to ignore: it works while typing, too.
  useHotkeys([['mod+K', jump.toggle]], []);
  const environment = useQuery({ queryKey: ['environment'], queryFn: face.readEnvironment, staleTime: Infinity });
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 232, breakpoint: 'sm', collapsed: { mobile: !isMenuOpen } }}
      layout="alt"
      padding={{ base: 'sm', sm: 'lg' }}
    >
      <a href="#content" className={classes.skip}>
        Skip to content
      </a>
      <AppShell.Header px={{ base: 'sm', sm: 'lg' }}>
        <Group h="100%" justify="space-between" wrap="nowrap">
          <Group gap="xs" wrap="nowrap" flex={1}>
            <Burger hiddenFrom="sm" size="sm" opened={isMenuOpen} onClick={menu.toggle} aria-label="Navigation" />
            <UnstyledButton className={classes.jump} onClick={jump.open}>
              <IconSearch size={16} aria-hidden />
              <Text span size="sm" truncate>
                Jump to an account
              </Text>
              <Text span className={classes.keys} visibleFrom="xs">
                Ctrl K
              </Text>
            </UnstyledButton>
          </Group>
          <Group gap="xs" wrap="nowrap">
            {environment.data && (
              <Badge variant="light" color="violet" radius="sm" visibleFrom="xs">
                {environment.data}
              </Badge>
            )}
            <SchemeToggle />
            <UserMenu user={user} onSignedOut={onSignedOut} />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="sm" aria-label="Main">
        <Group gap="sm" wrap="nowrap" p="xs" mb="xs">
          <Logo size={32} />
          <div>
            <Text fw={650} lh={1.2}>
              Tandem {face.service}
            </Text>
            <Text size="xs" c="dimmed">
              {face.tagline}
            </Text>
          </div>
          <Burger
            hiddenFrom="sm"
            size="sm"
            ml="auto"
            opened={isMenuOpen}
            onClick={menu.close}
            aria-label="Close menu"
          />
        </Group>
        {face.navigation.map(({ section, pages }) => (
          <Stack key={section} gap={2} mb="md">
            <Text size="xs" fw={600} c="dimmed" px="sm" pb={4}>
              {section}
            </Text>
            {pages.map((page) => (
              <NavLink
                key={page.path}
                href={page.path}
                label={page.label}
                active={path.startsWith(page.path)}
                aria-current={path.startsWith(page.path) ? 'page' : undefined}
                leftSection={<page.icon size={18} aria-hidden />}
                className={classes.link}
                onClick={(event) => {
                  if (event.metaKey || event.ctrlKey) return;
                  event.preventDefault();
                  menu.close();
                  onGo(page.path);
                }}
              />
            ))}
          </Stack>
        ))}
      </AppShell.Navbar>
      <AppShell.Main id="content">{children}</AppShell.Main>
      {isJumping && <JumpBox face={face} onGo={onGo} onClose={jump.close} />}
    </AppShell>
  );
}
