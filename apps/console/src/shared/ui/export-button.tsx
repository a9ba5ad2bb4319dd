import { Button, Tooltip } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconDownload } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';

/** Saves what the filter shows, on all its pages, and says how many rows that was. */
export function ExportButton({ run, noun }: { run(): Promise<number>; noun: string }) {
  const saving = useMutation({
    mutationFn: run,
    onSuccess: (rows) => notifications.show({ color: 'teal', message: `Saved ${rows} ${noun} as CSV.` }),
    onError: (error) => notifications.show({ color: 'red', title: 'Nothing was saved', message: error.message }),
  });
  return (
    <Tooltip label="Everything the filter shows, on all pages">
      <Button
        variant="default"
        leftSection={<IconDownload size={16} aria-hidden />}
        loading={saving.isPending}
        onClick={() => saving.mutate()}
      >
        CSV
      </Button>
    </Tooltip>
  );
}
