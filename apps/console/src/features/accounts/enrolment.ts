import { EXTERNAL_KEY_PATTERN } from '../../shared/external-key-pattern.ts';
import { paymentTermsProblem } from './payment-terms.ts';

/** What the wizard collects, as typed. */
export interface Enrolment {
  readonly externalKey: string;
  readonly displayName: string;
  readonly accountType: 'TENANT' | 'EXTERNAL_ASSOCIATE';
  readonly mode: 'POSTPAID' | 'CREDIT';
  readonly days: string;
  readonly currency: string;
  readonly reason: string;
}

export function newEnrolment(externalKey: string): Enrolment {
  const terms = { days: '15', currency: 'INR', mode: 'POSTPAID', accountType: 'EXTERNAL_ASSOCIATE' } as const;
  return { externalKey, displayName: '', reason: '', ...terms };
}

export type EnrolmentProblems = Partial<Record<keyof Enrolment, string>>;

/** What is wrong with which field. */
export function enrolmentProblems(enrolment: Enrolment): EnrolmentProblems {
  const days = paymentTermsProblem(enrolment.days);
  return {
    ...(!EXTERNAL_KEY_PATTERN.test(enrolment.externalKey) && { externalKey: 'Enter a key like v1:partner:77' }),
    ...(enrolment.displayName.trim() === '' && { displayName: 'Enter the name people know it by' }),
    ...(days !== null && { days }),
    ...(!/^[A-Z]{3}$/.test(enrolment.currency) && { currency: 'Enter three capital letters, for example INR' }),
  };
}

/** In words, what enrolling will do. */
export function effectsOfEnrolment(enrolment: Enrolment): string[] {
  return [
    `${enrolment.externalKey} becomes “${enrolment.displayName.trim()}”, an ACTIVE account with a wallet of 0 credits`,
    enrolment.mode === 'POSTPAID'
      ? 'It stays POSTPAID: work is invoiced afterwards until somebody changes the mode'
      : 'It is CREDIT at once: every approval is refused until credits are granted',
    `Invoices are due after ${enrolment.days} days, in ${enrolment.currency}`,
    'Events that came before are shown on its timeline',
    'V1 sees the account within its cache time (45 s)',
  ];
}
