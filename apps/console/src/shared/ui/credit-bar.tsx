import { Progress, Stack, Text, Tooltip } from '@mantine/core';
import { formatCredits } from '../format/credits.ts';

interface Credit {
  readonly wallet: number;
  readonly reserved: number;
  readonly available: number;
}

/** Available credits with the part of the wallet they are. The text says all the bar does. */
export function CreditBar({ credit }: { credit: Credit }) {
  const share = credit.wallet > 0 ? Math.max(0, Math.min(1, credit.available / credit.wallet)) : 0;
  const words = `${formatCredits(credit.available)} available of ${formatCredits(credit.wallet)} in the wallet`;
  return (
    <Tooltip label={`${words}, ${formatCredits(credit.reserved)} reserved`}>
      <Stack gap={4} align="flex-end" miw={84}>
        <Text size="sm" fw={600} className="figures" c={credit.available <= 0 ? 'var(--tandem-text-red)' : undefined}>
          {formatCredits(credit.available)}
        </Text>
        <Progress.Root size={4} w={84} aria-hidden>
          <Progress.Section value={share * 100} color="teal" withAria={false} />
        </Progress.Root>
      </Stack>
    </Tooltip>
  );
}
