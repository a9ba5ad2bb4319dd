import { Button, Group, Modal, Stack, Stepper } from '@mantine/core';
import { useState, type SubmitEvent } from 'react';
import { bodyOf } from '../../shared/api/create-api.ts';
import { ErrorPanel } from '../../shared/ui/error-panel.tsx';
import { WhatChanges } from '../../shared/ui/what-changes.tsx';
import { effectsOfEnrolment, enrolmentProblems, newEnrolment, type Enrolment } from './enrolment.ts';
import { EnrolAccountFields, EnrolTermsFields } from './enrol-fields.tsx';
import { studioApi } from './studio-api.ts';
import { useAccountChange } from './use-account-change.ts';

const LAST_STEP = 2;

interface EnrolWizardProps {
  /** Filled in already, for an account that only collected events. */
  readonly externalKey?: string | undefined;
  onEnrolled(externalKey: string): void;
  onClose(): void;
}

/** Gives a key a wallet and terms, in three steps; the last says what will change. */
export function EnrolWizard({ externalKey = '', onEnrolled, onClose }: EnrolWizardProps) {
  const [step, setStep] = useState(0);
  const [isChecked, setIsChecked] = useState(false);
  const [enrolment, setEnrolment] = useState<Enrolment>(() => newEnrolment(externalKey));
  const problems = enrolmentProblems(enrolment);
  const enrol = useAccountChange({
    run: () => bodyOf(studioApi.POST('/v1/operator/accounts', { body: toRequest(enrolment) })),
    done: (account) => `${account.external_key} is enrolled.`,
    onDone: (account) => onEnrolled(account.external_key),
  });
  const fields = { enrolment, problems: isChecked ? problems : {}, onChange: setEnrolment };
  const goOn = (event: SubmitEvent) => {
    event.preventDefault();
    const isStepFine =
      step === 0 ? !problems.externalKey && !problems.displayName : !problems.days && !problems.currency;
    setIsChecked(!isStepFine);
    if (!isStepFine || enrol.isPending) return;
    if (step < LAST_STEP) setStep(step + 1);
    else enrol.mutate();
  };
  return (
    <Modal opened onClose={onClose} title="Enrol an account" size="lg" styles={{ title: { fontWeight: 650 } }}>
      <form onSubmit={goOn} noValidate>
        <Stack>
          <Stepper
            active={step}
            size="xs"
            iconSize={26}
            wrap={false}
            allowNextStepsSelect={false}
            onStepClick={setStep}
          >
            <Stepper.Step label="Account">
              <EnrolAccountFields {...fields} isKeyGiven={externalKey !== ''} />
            </Stepper.Step>
            <Stepper.Step label="Terms">
              <EnrolTermsFields {...fields} />
            </Stepper.Step>
            <Stepper.Step label="Review">
              <WhatChanges items={effectsOfEnrolment(enrolment)} />
            </Stepper.Step>
          </Stepper>
          {enrol.error && <ErrorPanel title="The account was not enrolled" error={enrol.error} />}
          <Group justify="space-between">
            <Button variant="default" onClick={step === 0 ? onClose : () => setStep(step - 1)}>
              {step === 0 ? 'Cancel' : 'Back'}
            </Button>
            <Button type="submit" loading={enrol.isPending}>
              {step < LAST_STEP ? 'Continue' : 'Enrol account'}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

function toRequest(enrolment: Enrolment) {
  const { externalKey, displayName, accountType, mode, days, currency, reason } = enrolment;
  return {
    external_key: externalKey,
    display_name: displayName.trim(),
    account_type: accountType,
    payment_terms_days: Number(days),
    currency,
    billing_mode: mode,
    ...(reason.trim() !== '' && { reason: reason.trim() }),
  };
}
