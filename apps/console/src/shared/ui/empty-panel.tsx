import { EmptyState } from '@mantine/core';
import type { TablerIcon } from '@tabler/icons-react';
import type { ReactNode } from 'react';

/** Why there is nothing here, and what to do about it. */
export function EmptyPanel(props: { icon: TablerIcon; title: string; why: string; children?: ReactNode }) {
  const Icon = props.icon;
  return (
    <EmptyState
      py="xl"
      size="sm"
      withIndicatorBackground
      icon={<Icon aria-hidden />}
      title={props.title}
      description={props.why}
    >
      {props.children && <EmptyState.Actions>{props.children}</EmptyState.Actions>}
    </EmptyState>
  );
}
