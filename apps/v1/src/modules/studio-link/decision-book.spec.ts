import { describe, expect, test } from '@jest/globals';
import { verdictFor, type DecisionOperation, type DecisionVerdict } from './decision-book.ts';
import type { StudioReason } from './studio-answer.ts';

const answer = (reason: StudioReason, more: { code?: string; status?: string; replayed?: boolean } = {}) => ({
  reason,
  code: more.code ?? null,
  body: more.status === undefined ? null : { status: more.status },
  replayed: more.replayed ?? false,
});

describe('the verdict on a decision taken without Studio', () => {
  test.each<[DecisionOperation, string | null, ReturnType<typeof answer>, DecisionVerdict]>([
    ['approve', 'CREDIT', answer('ok'), 'honoured'],
    ['approve', null, answer('ok'), 'honoured'],
    ['approve', 'POSTPAID', answer('ok'), 'mode_differed'],
    ['approve', 'CREDIT', answer('ignored_by_policy'), 'mode_differed'],
    ['approve', 'POSTPAID', answer('ignored_by_policy'), 'honoured'],
    ['approve', null, answer('not_enrolled'), 'honoured'],
    ['approve', 'CREDIT', answer('refused', { code: 'INSUFFICIENT_CREDITS' }), 'would_have_been_refused'],
    ['approve', 'CREDIT', answer('refused', { code: 'RESERVATION_ALREADY_ACTIVE' }), 'already_applied'],
    ['approve', 'CREDIT', answer('ok', { replayed: true }), 'already_applied'],
    ['deliver', 'CREDIT', answer('ok', { status: 'CONSUMED' }), 'honoured'],
    ['deliver', 'CREDIT', answer('ok', { status: 'SHORTFALL' }), 'would_have_been_refused'],
    ['deliver', 'CREDIT', answer('refused', { code: 'ALREADY_SETTLED' }), 'already_applied'],
    ['cancel', 'CREDIT', answer('ok', { status: 'RELEASED' }), 'honoured'],
    ['cancel', 'CREDIT', answer('refused', { code: 'reservation_not_found' }), 'honoured'],
    ['cancel', 'CREDIT', answer('refused', { code: 'RESERVATION_ALREADY_RELEASED' }), 'already_applied'],
  ])('%s, known as %s, answered %j: %s', (operation, knownMode, given, verdict) => {
    expect(verdictFor(operation, knownMode, given)).toBe(verdict);
  });
});
