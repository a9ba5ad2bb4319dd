import { Badge, Tooltip } from '@mantine/core';

const MEANINGS = {
  CREDIT: 'Work is paid from the wallet: credits are reserved on approval and consumed on delivery',
  POSTPAID: 'Work is invoiced afterwards; no credits move',
};

/** How an account pays, in the word of the wire. */
export function ModeBadge({ mode }: { mode: 'CREDIT' | 'POSTPAID' }) {
  return (
    <Tooltip label={MEANINGS[mode]} multiline maw={280}>
      <Badge
        radius="sm"
        miw="max-content"
        {...(mode === 'CREDIT' ? { variant: 'light', color: 'indigo' } : { variant: 'default' })}
      >
        {mode}
      </Badge>
    </Tooltip>
  );
}
