import { Alert, Group, Radio, Select, Stack, Textarea, TextInput } from '@mantine/core';
import type { Enrolment, EnrolmentProblems } from './enrolment.ts';

interface EnrolFieldsProps {
  readonly enrolment: Enrolment;
  readonly problems: EnrolmentProblems;
  onChange(enrolment: Enrolment): void;
}

const TYPES = [
  { value: 'EXTERNAL_ASSOCIATE', label: 'External associate (partner, referral channel)' },
  { value: 'TENANT', label: 'Tenant' },
];

/** Who: the key V1 knows the account by, and its name. */
export function EnrolAccountFields({ isKeyGiven, ...props }: EnrolFieldsProps & { isKeyGiven: boolean }) {
  const { enrolment, problems, onChange } = props;
  return (
    <Stack gap="sm" pt="sm">
      <TextInput
        label="external_key"
        description="As V1 shows it, for example v1:partner:77. It can not be changed later"
        required
        readOnly={isKeyGiven}
        data-autofocus={!isKeyGiven || undefined}
        spellCheck={false}
        value={enrolment.externalKey}
        error={problems.externalKey}
        onChange={(event) => onChange({ ...enrolment, externalKey: event.currentTarget.value.trim() })}
      />
      <TextInput
        label="Display name"
        required
        maxLength={200}
        data-autofocus={isKeyGiven || undefined}
        value={enrolment.displayName}
        error={problems.displayName}
        onChange={(event) => onChange({ ...enrolment, displayName: event.currentTarget.value })}
      />
      <Select
        label="Kind"
        allowDeselect={false}
        data={TYPES}
        value={enrolment.accountType}
        onChange={(type) => type && onChange({ ...enrolment, accountType: type as Enrolment['accountType'] })}
      />
    </Stack>
  );
}

/** How it pays. */
export function EnrolTermsFields({ enrolment, problems, onChange }: EnrolFieldsProps) {
  return (
    <Stack gap="sm" pt="sm">
      <Radio.Group
        label="Billing mode"
        value={enrolment.mode}
        onChange={(mode) => onChange({ ...enrolment, mode: mode as Enrolment['mode'] })}
      >
        <Stack gap="xs" mt="xs">
          <Radio
            value="POSTPAID"
            label="POSTPAID"
            description="Work is invoiced afterwards. Grant credits, then switch"
          />
          <Radio value="CREDIT" label="CREDIT" description="Work is paid from the wallet" />
        </Stack>
      </Radio.Group>
      {enrolment.mode === 'CREDIT' && (
        <Alert color="orange" role="note">
          The wallet begins at 0, so every approval is refused until credits are granted. Usually: enrol as POSTPAID,
          grant, then change the mode.
        </Alert>
      )}
      <Group grow align="flex-start">
        <TextInput
          label="Payment terms, days"
          inputMode="numeric"
          required
          value={enrolment.days}
          error={problems.days}
          onChange={(event) => onChange({ ...enrolment, days: event.currentTarget.value.trim() })}
        />
        <TextInput
          label="Currency"
          required
          maxLength={3}
          value={enrolment.currency}
          error={problems.currency}
          onChange={(event) => onChange({ ...enrolment, currency: event.currentTarget.value.trim().toUpperCase() })}
        />
      </Group>
      <Textarea
        label="Reason"
        description="Optional; kept in the history"
        autosize
        minRows={2}
        maxLength={1000}
        value={enrolment.reason}
        onChange={(event) => onChange({ ...enrolment, reason: event.currentTarget.value })}
      />
    </Stack>
  );
}
