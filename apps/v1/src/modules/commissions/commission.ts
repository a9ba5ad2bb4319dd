import type { Credits, ExternalKey } from '@tandem/contracts';
import { DomainError, ValidationError } from '@tandem/platform/errors';
import type { Currency } from '../../money/currency.ts';
import type { LaneRowOutcome } from '../studio-link/lane-rows.queries.ts';
import type { StudioAnswer } from '../studio-link/studio-answer.ts';

export const COMMISSION_STATES = [
  'SUBMITTED',
  'NEEDS_INFORMATION',
  'APPROVING',
  'APPROVED',
  'REJECTED',
  'DELIVERED',
  'CANCELLED',
] as const;
export type CommissionState = (typeof COMMISSION_STATES)[number];

/** States in which staff still have something to decide. */
export const OPEN_STATES = ['SUBMITTED', 'NEEDS_INFORMATION', 'APPROVING'] as const satisfies CommissionState[];

/** What staff may do, and in which states. APPROVING is nobody's to leave but the approval's own. */
const ALLOWED_IN = {
  edit: ['SUBMITTED', 'NEEDS_INFORMATION', 'APPROVED'],
  approve: ['SUBMITTED', 'NEEDS_INFORMATION'],
  reject: ['SUBMITTED', 'NEEDS_INFORMATION', 'APPROVED'],
  request_information: ['SUBMITTED', 'APPROVED'],
  resubmit: ['NEEDS_INFORMATION', 'REJECTED'],
  deliver: ['APPROVED'],
  cancel: ['SUBMITTED', 'NEEDS_INFORMATION', 'APPROVED'],
} as const satisfies Record<string, readonly CommissionState[]>;
export type CommissionStep = keyof typeof ALLOWED_IN;

/** Who approves and how: stored before Studio is asked, so that a crash leaves something to finish. */
export interface ApprovalIntent {
  readonly actor: string;
  readonly actorUserId: number | null;
  readonly override: boolean;
  readonly reason: string | null;
  /** True when this approval stamped the account key: a refusal then gives it back, so that the payer can be corrected. */
  readonly stampedKey: boolean;
}

/** Work that is commissioned, approved, and delivered or cancelled. */
export interface Commission {
  readonly id: number;
  readonly title: string;
  readonly partnerId: number | null;
  readonly clientId: number | null;
  readonly assignmentId: number | null;
  readonly feesMinor: bigint | null;
  readonly currency: Currency;
  /** What the work costs on an account in credit mode. */
  readonly creditCost: Credits;
  readonly state: CommissionState;
  /** Account that pays; stamped at the first approval and never changed, whoever is added later. */
  readonly accountKey: ExternalKey | null;
  /** How many approvals asked for a hold; part of the keys of their commands. */
  readonly acceptance: number;
  /** True while a hold of this acceptance may be live. */
  readonly acceptanceOpen: boolean;
  readonly reserveEventId: number | null;
  readonly intent: ApprovalIntent | null;
  readonly intentAt: Date | null;
  readonly override: boolean;
  readonly decisionReason: string | null;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** @throws ValidationError when no account could pay. */
export function requirePayer(parties: {
  readonly [Party in 'partnerId' | 'clientId' | 'assignmentId']?: number | null | undefined;
}): void {
  if (parties.partnerId != null || parties.clientId != null || parties.assignmentId != null) return;
  throw new ValidationError([{ path: 'partner_id', message: 'partner_id, client_id or assignment_id is required' }]);
}

/**
 * @throws DomainError `in_flight` while an approval asks Studio, `invalid_transition` when the state does not allow the
 *   step.
 */
export function checkStep(commission: Commission, step: CommissionStep): void {
  if (commission.state === 'APPROVING') {
    throw new DomainError('in_flight', 'This commission is being approved right now', {}, { 'Retry-After': '2' });
  }
  const allowed: readonly CommissionState[] = ALLOWED_IN[step];
  if (!allowed.includes(commission.state)) {
    const words = step.replace('_', ' ');
    throw new DomainError(
      'invalid_transition',
      `Cannot ${words} a commission that is ${commission.state}; it must be ${allowed.join(' or ')}`,
      { state: commission.state },
    );
  }
}

/** Idempotency key of a fact or command of one acceptance: the first has no number, so that old keys stay what they are. */
export function acceptanceKey(base: string, acceptance: number): string {
  return acceptance <= 1 ? base : `${base}:${acceptance}`;
}

export type ApprovalOutcome =
  | { readonly kind: 'approved' }
  /** Accepted without a hold although Studio refused one: staff said so. */
  | { readonly kind: 'overridden' }
  /** Studio did not answer in time: accepted, the reserve stays in its lane, the decision goes into the book. */
  | { readonly kind: 'unanswered' }
  | { readonly kind: 'gated' };

/** Codes of a reserve that say "this account will not pay for it": the gate. Other refusals do not concern funds. */
const GATING_CODES = new Set(['INSUFFICIENT_CREDITS', 'ACCOUNT_NOT_ACTIVE']);

/** What becomes of an approval, given how its reserve stands. */
export function decideApproval(intent: ApprovalIntent, row: LaneRowOutcome): ApprovalOutcome {
  if (row.state === 'done') return { kind: 'approved' };
  if (row.state === 'refused') {
    if (!GATING_CODES.has(row.answer?.code ?? '')) return { kind: 'approved' };
    return intent.override ? { kind: 'overridden' } : { kind: 'gated' };
  }
  return { kind: 'unanswered' };
}

/** The 409 staff see when the gate is shut, with what is missing. */
export function gateRefusal(answer: StudioAnswer | null): DomainError {
  const { required, available, shortfall } = answer?.body ?? {};
  const suspended = answer?.code === 'ACCOUNT_NOT_ACTIVE';
  const text = suspended
    ? 'The account is suspended at Studio. Approve with override and a reason, or reactivate it'
    : `Not enough credits: ${String(required)} needed, ${String(available)} available. Add credits, or approve with override and a reason`;
  return new DomainError('soft_gate_insufficient_credits', text, {
    studio_code: answer?.code ?? null,
    required: required ?? null,
    available: available ?? null,
    shortfall: shortfall ?? null,
  });
}
