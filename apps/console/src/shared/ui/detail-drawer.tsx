import { Drawer } from '@mantine/core';
import type { ReactNode } from 'react';

/** Details beside the page they belong to. Its header is no banner of the page, so it has no role. */
export function DetailDrawer(props: { title: ReactNode; isOpen: boolean; children: ReactNode; onClose(): void }) {
  return (
    <Drawer.Root opened={props.isOpen} onClose={props.onClose} position="right" size="min(760px, 100vw)">
      <Drawer.Overlay backgroundOpacity={0.35} />
      <Drawer.Content bg="var(--tandem-card)">
        <Drawer.Header role="none" bg="var(--tandem-card)">
          <Drawer.Title fz="lg" fw={650}>
            {props.title}
          </Drawer.Title>
          <Drawer.CloseButton aria-label="Close" />
        </Drawer.Header>
        <Drawer.Body>{props.children}</Drawer.Body>
      </Drawer.Content>
    </Drawer.Root>
  );
}
