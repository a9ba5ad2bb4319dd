import { describe, expect, test } from '@jest/globals';
import { fromMicroCredits } from '@tandem/contracts';
import { DomainError } from '@tandem/platform/errors';
import { readAnswer } from '../studio-link/studio-answer.ts';
import {
  acceptanceKey,
  checkStep,
  COMMISSION_STATES,
  decideApproval,
  type ApprovalIntent,
  type Commission,
  type CommissionState,
  type CommissionStep,
} from './commission.ts';

const commission = (state: CommissionState): Commission => ({
  id: 1,
  title: 'Work',
  partnerId: 1,
  clientId: null,
  assignmentId: null,
  feesMinor: null,
  currency: 'INR',
  creditCost: fromMicroCredits(1_000_000),
  state,
  accountKey: null,
  acceptance: 0,
  acceptanceOpen: false,
  reserveEventId: null,
  intent: null,
  intentAt: null,
  override: false,
  decisionReason: null,
  version: 1,
  createdAt: new Date(0),
  updatedAt: new Date(0),
});

function codeOf(act: () => void): string | null {
  try {
    act();
    return null;
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return error.code;
  }
}

describe('steps of a commission', () => {
  const allowed: Record<CommissionStep, CommissionState[]> = {
    edit: ['SUBMITTED', 'NEEDS_INFORMATION', 'APPROVED'],
    approve: ['SUBMITTED', 'NEEDS_INFORMATION'],
    reject: ['SUBMITTED', 'NEEDS_INFORMATION', 'APPROVED'],
    request_information: ['SUBMITTED', 'APPROVED'],
    resubmit: ['NEEDS_INFORMATION', 'REJECTED'],
    deliver: ['APPROVED'],
    cancel: ['SUBMITTED', 'NEEDS_INFORMATION', 'APPROVED'],
  };

  test.each(Object.entries(allowed) as [CommissionStep, CommissionState[]][])(
    '%s is allowed from %j only',
    (step, from) => {
      for (const state of COMMISSION_STATES) {
        const expected = from.includes(state) ? null : state === 'APPROVING' ? 'in_flight' : 'invalid_transition';
        expect([state, codeOf(() => checkStep(commission(state), step))]).toEqual([state, expected]);
      }
    },
  );

  test('the first acceptance keeps the keys existing systems know; later ones count', () => {
    expect(acceptanceKey('v1:credit_reserve:commission:7', 1)).toBe('v1:credit_reserve:commission:7');
    expect(acceptanceKey('v1:credit_reserve:commission:7', 2)).toBe('v1:credit_reserve:commission:7:2');
  });
});

describe('what becomes of an approval', () => {
  const intent: ApprovalIntent = { actor: 'staff', actorUserId: 1, override: false, reason: null, stampedKey: true };
  const refused = (code: string) => ({
    state: 'refused' as const,
    answer: readAnswer({ status: 409, body: { code }, retryAfter: undefined, replayed: false }, () => true),
  });

  test.each([
    ['held or ignored', intent, { state: 'done' as const, answer: null }, 'approved'],
    ['nobody enrolled the account', intent, refused('account_not_enrolled'), 'approved'],
    ['a hold is live already', intent, refused('RESERVATION_ALREADY_ACTIVE'), 'approved'],
    ['credits are missing', intent, refused('INSUFFICIENT_CREDITS'), 'gated'],
    ['the account is suspended', intent, refused('ACCOUNT_NOT_ACTIVE'), 'gated'],
    ['credits are missing, overridden', { ...intent, override: true }, refused('INSUFFICIENT_CREDITS'), 'overridden'],
    ['no answer yet', intent, { state: 'pending' as const, answer: null }, 'unanswered'],
    ['Studio would not take the row', intent, { state: 'parked' as const, answer: null }, 'unanswered'],
  ])('%s', (_, given, row, kind) => {
    expect(decideApproval(given, row).kind).toBe(kind);
  });
});
