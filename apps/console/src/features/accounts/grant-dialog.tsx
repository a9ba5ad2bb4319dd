import { Alert, Group, Paper, Stack, Text, TextInput } from '@mantine/core';
import { IconArrowRight } from '@tabler/icons-react';
import { useRef, useState } from 'react';
import { ApiError } from '../../shared/api/api-error.ts';
import { bodyOf } from '../../shared/api/create-api.ts';
import { addCredits, creditsProblem, formatCredits, toMicroCredits } from '../../shared/format/credits.ts';
import { DialogForm } from '../../shared/ui/dialog-form.tsx';
import { newIdempotencyKey } from './idempotency-key.ts';
import { ReasonField } from './reason-field.tsx';
import { studioApi, type OperatorAccount } from './studio-api.ts';
import { useAccountChange } from './use-account-change.ts';

/** From here on a slip of the finger is expensive: the word must be typed. */
const LARGE_GRANT = 10_000;
const KEYWORD = 'GRANT';

/** Puts credits into the wallet, once, however often it is clicked. */
export function GrantDialog({ account, onClose }: { account: OperatorAccount; onClose(): void }) {
  const [amount, setAmount] = useState('');
  const [reason, setReason] = useState('');
  const [keyword, setKeyword] = useState('');
  const key = useRef(newIdempotencyKey('grant'));
  const problem = creditsProblem(amount);
  const isLarge = problem === null && toMicroCredits(amount) > toMicroCredits(LARGE_GRANT);
  const grant = useAccountChange({
    run: () =>
      bodyOf(
        studioApi.POST('/v1/operator/accounts/{external_key}/grants', {
          params: { path: { external_key: account.external_key } },
          body: { amount, reason: reason.trim(), idempotency_key: key.current },
        }),
      ),
    done: (answer) =>
      'delta' in answer
        ? `Granted ${formatCredits(answer.delta)} credits to ${account.external_key}. Wallet: ${formatCredits(answer.balance_after)}.`
        : `${formatCredits(Number(amount))} credits are more than one person may grant: the grant waits for another administrator.`,
    onDone: onClose,
  });
  // Nobody knows whether it was applied: only the very same request may be sent again.
  const isUnclear = grant.error instanceof ApiError && grant.error.isUnclear;
  const confirm = () => {
    // What was refused is stored under its key; another try is another grant.
    if (grant.error && !isUnclear) key.current = newIdempotencyKey('grant');
    grant.mutate();
  };
  return (
    <DialogForm
      title={`Grant credits to ${account.display_name}`}
      confirm={isUnclear ? 'Send the same again' : 'Grant credits'}
      isPending={grant.isPending}
      isReady={problem === null && reason.trim() !== '' && (!isLarge || keyword === KEYWORD)}
      error={grant.error}
      errorTitle={isUnclear ? 'It is not known whether the grant was applied' : 'Nothing was granted'}
      onConfirm={confirm}
      onClose={onClose}
    >
      <TextInput
        label="Amount"
        description="Credits; up to six decimals"
        inputMode="decimal"
        required
        data-autofocus
        disabled={isUnclear}
        value={amount}
        onChange={(event) => setAmount(event.currentTarget.value.trim())}
        error={amount !== '' && problem}
      />
      <BalancePreview account={account} amount={problem === null ? amount : null} />
      <ReasonField value={reason} onChange={setReason} disabled={isUnclear} />
      {isLarge && (
        <TextInput
          label={`This is more than ${formatCredits(LARGE_GRANT)} credits. Type ${KEYWORD} to go on`}
          required
          value={keyword}
          onChange={(event) => setKeyword(event.currentTarget.value)}
        />
      )}
      {isUnclear && (
        <Alert color="yellow" role="note">
          Sending the same again is safe: Studio counts a grant with this key once.
        </Alert>
      )}
    </DialogForm>
  );
}

function BalancePreview({ account, amount }: { account: OperatorAccount; amount: string | null }) {
  const { wallet, available } = account.credit;
  return (
    <Paper p="sm" radius="md" bg="var(--tandem-subtle)">
      <Stack gap={4}>
        <PreviewLine label="Wallet" before={wallet} after={amount === null ? null : addCredits(wallet, amount)} />
        <PreviewLine
          label="Available"
          before={available}
          after={amount === null ? null : addCredits(available, amount)}
        />
      </Stack>
    </Paper>
  );
}

function PreviewLine({ label, before, after }: { label: string; before: number; after: number | null }) {
  return (
    <Group justify="space-between" gap="xs">
      <Text size="sm" c="dimmed">
        {label}
      </Text>
      <Group gap={6} className="figures">
        <Text size="sm">{formatCredits(before)}</Text>
        {after !== null && (
          <>
            <IconArrowRight size={14} aria-label="becomes" />
            <Text size="sm" fw={650}>
              {formatCredits(after)}
            </Text>
          </>
        )}
      </Group>
    </Group>
  );
}
