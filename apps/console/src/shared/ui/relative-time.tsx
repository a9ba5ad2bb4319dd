import { Text, Tooltip, type TextProps } from '@mantine/core';
import { formatMoment, formatRelative } from '../format/time.ts';
import { useNow } from './use-now.ts';

/** How long ago, with the exact moment (UTC) for the pointer and for assistive technology. A dash for null. */
export function RelativeTime({ at, ...text }: { at: string | null | undefined } & TextProps) {
  const now = useNow(15_000);
  if (at == null) return <Text {...text}>–</Text>;
  return (
    <Tooltip label={formatMoment(at)}>
      <Text
        component="time"
        style={{ whiteSpace: 'nowrap' }}
        dateTime={at}
        aria-label={`${formatRelative(at, now)}, ${formatMoment(at)}`}
        {...text}
      >
        {formatRelative(at, now)}
      </Text>
    </Tooltip>
  );
}
