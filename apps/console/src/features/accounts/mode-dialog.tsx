import { Alert, Checkbox, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiError } from '../../shared/api/api-error.ts';
import { bodyOf } from '../../shared/api/create-api.ts';
import { formatCredits } from '../../shared/format/credits.ts';
import { DialogForm } from '../../shared/ui/dialog-form.tsx';
import { WhatChanges } from '../../shared/ui/what-changes.tsx';
import { modeRehearsalQuery } from './account-queries.ts';
import { ReasonField } from './reason-field.tsx';
import { studioApi, type ModeRehearsal, type OperatorAccount } from './studio-api.ts';
import { useAccountChange } from './use-account-change.ts';

/**
 * Switches between POSTPAID and CREDIT as rehearsed: what the person saw is what is switched, or nothing is. CREDIT without
 * credits needs to be wanted twice.
 */
export function ModeDialog({ account, onClose }: { account: OperatorAccount; onClose(): void }) {
  const [reason, setReason] = useState('');
  const [force, setForce] = useState(false);
  const next = account.billing_mode === 'CREDIT' ? 'POSTPAID' : 'CREDIT';
  const rehearsal = useQuery(modeRehearsalQuery(account.external_key, next));
  const plan = rehearsal.data;
  const change = useAccountChange({
    run: () =>
      bodyOf(
        studioApi.POST('/v1/operator/accounts/{external_key}/mode', {
          params: { path: { external_key: account.external_key } },
          body: {
            billing_mode: next,
            reason: reason.trim(),
            force,
            version: account.version,
            plan_digest: plan?.plan_digest,
          },
        }),
      ),
    done: () => `${account.external_key} is ${next} from now on.`,
    onDone: onClose,
  });
  const wasRefused = change.error instanceof ApiError && change.error.facts.code === 'credit_mode_needs_credits';
  const isOutdated = change.error instanceof ApiError && change.error.facts.code === 'stale_plan';
  const confirm = () => {
    // Something moved since the person looked: they look again before they decide again.
    if (isOutdated) void rehearsal.refetch().then(() => change.reset());
    else change.mutate();
  };
  return (
    <DialogForm
      title={`Change ${account.display_name} to ${next}`}
      confirm={isOutdated ? 'Look again' : `Change to ${next}`}
      isDangerous={force}
      isPending={change.isPending || rehearsal.isFetching}
      isReady={reason.trim() !== '' && plan !== undefined}
      error={wasRefused ? null : (change.error ?? rehearsal.error)}
      errorTitle="The mode was not changed"
      onConfirm={confirm}
      onClose={onClose}
    >
      {plan && <WhatChanges items={effectsOf(plan)} />}
      {(plan?.needs_force || wasRefused) && (
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

function effectsOf(plan: ModeRehearsal): string[] {
  const { available, open_holds: holds, work_in_flight: inFlight, back_test: test } = plan;
  const holdsLive =
    holds.count > 0
      ? `${formatCredits(holds.credits)} credits in ${countOf(holds.count, 'open hold')} live on until settled`
      : 'There are no open holds';
  if (plan.to === 'POSTPAID') {
    return [
      'New work is invoiced afterwards; no credits move for it',
      holdsLive,
      `${formatCredits(available)} available credits stay in the wallet`,
    ];
  }
  return [
    'New work reserves credits on approval and consumes them on delivery',
    `${formatCredits(available)} credits are available for it`,
    inFlight.count > 0
      ? `Work approved before stays POSTPAID: ${countOf(inFlight.count, 'piece')} under way`
      : 'Work approved before stays POSTPAID: none is under way',
    holdsLive,
    `Of the work of the last ${test.days} days, ${countOf(test.held.count, 'piece')} would have been held and ${test.refused.count} refused`,
  ];
}

function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
