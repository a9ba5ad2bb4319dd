import { Alert, Checkbox, Text } from '@mantine/core';
import { useState } from 'react';
import { ApiError } from '../../shared/api/api-error.ts';
import { bodyOf } from '../../shared/api/create-api.ts';
import { formatCredits } from '../../shared/format/credits.ts';
import { DialogForm } from '../../shared/ui/dialog-form.tsx';
import { WhatChanges } from '../../shared/ui/what-changes.tsx';
import { ReasonField } from './reason-field.tsx';
import { studioApi, type OperatorAccount } from './studio-api.ts';
import { useAccountChange } from './use-account-change.ts';

/** Switches between POSTPAID and CREDIT. CREDIT without credits needs to be wanted twice. */
export function ModeDialog({ account, onClose }: { account: OperatorAccount; onClose(): void }) {
  const [reason, setReason] = useState('');
  const [force, setForce] = useState(false);
  const next = account.billing_mode === 'CREDIT' ? 'POSTPAID' : 'CREDIT';
  const change = useAccountChange({
    run: () =>
      bodyOf(
        studioApi.POST('/v1/operator/accounts/{external_key}/mode', {
          params: { path: { external_key: account.external_key } },
          body: { billing_mode: next, reason: reason.trim(), force, version: account.version },
        }),
      ),
    done: () => `${account.external_key} is ${next} from now on.`,
    onDone: onClose,
  });
  const wasRefused = change.error instanceof ApiError && change.error.facts.code === 'credit_mode_needs_credits';
  const hasNothing = next === 'CREDIT' && account.credit.available <= 0;
  return (
    <DialogForm
      title={`Change ${account.display_name} to ${next}`}
      confirm={`Change to ${next}`}
      isDangerous={force}
      isPending={change.isPending}
      isReady={reason.trim() !== ''}
      error={wasRefused ? null : change.error}
      errorTitle="The mode was not changed"
      onConfirm={() => change.mutate()}
      onClose={onClose}
    >
      <WhatChanges items={effectsOf(account, next)} />
      {(hasNothing || wasRefused) && (
        <Alert color="orange" title="CREDIT mode needs credits" role={wasRefused ? 'alert' : 'note'}>
          <Text size="sm" c="inherit" mb="xs">
            Nothing is available in this wallet, so Studio refuses the change: every approval would be refused at once.
            Grant credits first, or force the change and say why.
          </Text>
          <Checkbox
            label="Force: switch although nothing is available"
            checked={force}
            onChange={(event) => setForce(event.currentTarget.checked)}
          />
        </Alert>
      )}
      <ReasonField value={reason} onChange={setReason} />
    </DialogForm>
  );
}

function effectsOf(account: OperatorAccount, next: 'CREDIT' | 'POSTPAID'): string[] {
  const { available, reserved } = account.credit;
  if (next === 'CREDIT') {
    return [
      'New work reserves credits on approval and consumes them on delivery',
      `${formatCredits(available)} credits are available for it`,
      'Work approved before stays POSTPAID',
    ];
  }
  return [
    'New work is invoiced afterwards; no credits move for it',
    reserved > 0 ? `${formatCredits(reserved)} credits in open holds live on until settled` : 'There are no open holds',
    `${formatCredits(available)} available credits stay in the wallet`,
  ];
}
