import { Button, Group, Modal, Stack } from '@mantine/core';
import { useEffect, useRef, type ReactNode, type SubmitEvent } from 'react';
import { ErrorPanel } from './error-panel.tsx';

interface DialogFormProps {
  readonly title: string;
  readonly confirm: string;
  readonly isDangerous?: boolean;
  readonly isPending: boolean;
  readonly isReady: boolean;
  readonly error: Error | null;
  readonly errorTitle: string;
  readonly children: ReactNode;
  onConfirm(): void;
  onClose(): void;
}

/** A dialog that changes something once: it cannot be sent twice or closed while it is under way. */
export function DialogForm(props: DialogFormProps) {
  // A second click may come before the first has been rendered, or after its answer and before the dialog is gone.
  const isSent = useRef(false);
  useEffect(() => {
    if (props.error) isSent.current = false;
  }, [props.error]);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (!props.isReady || props.isPending || isSent.current) return;
    isSent.current = true;
    props.onConfirm();
  };
  return (
    <Modal
      opened
      onClose={() => !props.isPending && props.onClose()}
      title={props.title}
      styles={{ title: { fontWeight: 650 } }}
    >
      <form onSubmit={submit} noValidate>
        <Stack>
          {props.children}
          {props.error && <ErrorPanel title={props.errorTitle} error={props.error} />}
          <Group justify="flex-end">
            <Button variant="default" disabled={props.isPending} onClick={props.onClose}>
              Cancel
            </Button>
            <Button
              type="submit"
              color={props.isDangerous ? 'red' : undefined}
              loading={props.isPending}
              disabled={!props.isReady}
            >
              {props.confirm}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
