import { Button, Center } from '@mantine/core';
import { IconMapOff } from '@tabler/icons-react';
import { face } from '@face';
import { EmptyPanel } from '../shared/ui/empty-panel.tsx';

export function NotFoundPage() {
  return (
    <Center component="main" mih="100vh">
      <EmptyPanel icon={IconMapOff} title="No such page" why="The address leads nowhere in this console.">
        <Button component="a" href={face.home}>
          Go to the start page
        </Button>
      </EmptyPanel>
    </Center>
  );
}
