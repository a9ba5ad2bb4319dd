import { TextInput } from '@mantine/core';
import { useState } from 'react';
import { bodyOf } from '../../shared/api/create-api.ts';
import { DialogForm } from '../../shared/ui/dialog-form.tsx';
import { paymentTermsProblem } from './payment-terms.ts';
import { ReasonField } from './reason-field.tsx';
import { studioApi, type OperatorAccount } from './studio-api.ts';
import { useAccountChange } from './use-account-change.ts';

/** Changes how many days invoices may stay unpaid. */
export function TermsDialog({ account, onClose }: { account: OperatorAccount; onClose(): void }) {
  const [days, setDays] = useState(String(account.payment_terms_days));
  const [reason, setReason] = useState('');
  const problem = paymentTermsProblem(days);
  const change = useAccountChange({
    run: () =>
      bodyOf(
        studioApi.POST('/v1/operator/accounts/{external_key}/payment-terms', {
          params: { path: { external_key: account.external_key } },
          body: { payment_terms_days: Number(days), reason: reason.trim(), version: account.version },
        }),
      ),
    done: (changed) => `Invoices of ${changed.external_key} are due after ${changed.payment_terms_days} days.`,
    onDone: onClose,
  });
  return (
    <DialogForm
      title={`Payment terms of ${account.display_name}`}
      confirm="Change terms"
      isPending={change.isPending}
      isReady={problem === null && reason.trim() !== '' && Number(days) !== account.payment_terms_days}
      error={change.error}
      errorTitle="The terms were not changed"
      onConfirm={() => change.mutate()}
      onClose={onClose}
    >
      <TextInput
        label="Days until an invoice is due"
        description={`Now ${account.payment_terms_days}. Invoices that exist keep their due date`}
        inputMode="numeric"
        required
        data-autofocus
        value={days}
        error={problem}
        onChange={(event) => setDays(event.currentTarget.value.trim())}
      />
      <ReasonField value={reason} onChange={setReason} />
    </DialogForm>
  );
}
