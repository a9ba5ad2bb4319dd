import { useState } from 'react';
import { bodyOf } from '../../shared/api/create-api.ts';
import { DialogForm } from '../../shared/ui/dialog-form.tsx';
import { WhatChanges } from '../../shared/ui/what-changes.tsx';
import { ReasonField } from './reason-field.tsx';
import { studioApi, type OperatorAccount } from './studio-api.ts';
import { useAccountChange } from './use-account-change.ts';

/** Suspends an active account, or reactivates a suspended one. */
export function SuspendDialog({ account, onClose }: { account: OperatorAccount; onClose(): void }) {
  const [reason, setReason] = useState('');
  const isSuspending = account.account_status === 'ACTIVE';
  const word = isSuspending ? 'Suspend' : 'Reactivate';
  const path = `/v1/operator/accounts/{external_key}/${isSuspending ? 'suspend' : 'reactivate'}` as const;
  const change = useAccountChange({
    run: () =>
      bodyOf(
        studioApi.POST(path, {
          params: { path: { external_key: account.external_key } },
          body: { reason: reason.trim(), version: account.version },
        }),
      ),
    done: () => `${account.external_key} is ${isSuspending ? 'suspended' : 'active again'}.`,
    onDone: onClose,
  });
  return (
    <DialogForm
      title={`${word} ${account.display_name}`}
      confirm={word}
      isDangerous={isSuspending}
      isPending={change.isPending}
      isReady={reason.trim() !== ''}
      error={change.error}
      errorTitle="Nothing was changed"
      onConfirm={() => change.mutate()}
      onClose={onClose}
    >
      <WhatChanges
        items={
          isSuspending
            ? ['New holds are refused', 'Open holds may still be consumed or released', 'Credits stay in the wallet']
            : ['New holds are accepted again']
        }
      />
      <ReasonField value={reason} onChange={setReason} />
    </DialogForm>
  );
}
