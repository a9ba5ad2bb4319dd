import { Textarea } from '@mantine/core';

/** Why, in words; the account's history keeps it. */
export function ReasonField(props: { value: string; disabled?: boolean; onChange(text: string): void }) {
  return (
    <Textarea
      label="Reason"
      description="Kept in the history of the account, with your name"
      required
      autosize
      minRows={2}
      maxLength={1000}
      disabled={props.disabled ?? false}
      value={props.value}
      onChange={(event) => props.onChange(event.currentTarget.value)}
    />
  );
}
