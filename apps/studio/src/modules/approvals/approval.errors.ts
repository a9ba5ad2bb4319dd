import { creditsToNumber, type Credits } from '@tandem/contracts';
import { DomainError } from '@tandem/platform/errors';

/** The key names another act of this account. */
export function keyReused(): DomainError {
  return new DomainError('idempotency_key_reused', 'This idempotency key was used for another request');
}

/** One person has moved as much as one person may on a day. */
export function dailyLimitExceeded(limit: Credits): DomainError {
  return new DomainError(
    'daily_limit_exceeded',
    'This would pass what one person may move on a day. Another person may do it, or it waits until tomorrow (UTC).',
    { daily_limit: creditsToNumber(limit) },
  );
}

/** Whoever asked may not decide. */
export function secondApproverRequired(): DomainError {
  return new DomainError('second_approver_required', 'Somebody else must decide about your request.');
}

/** There is no such request. */
export function approvalNotFound(): DomainError {
  return new DomainError('not_found', 'There is no such request.');
}

/** Somebody decided already, or the time is over. */
export function approvalNotPending(status: string): DomainError {
  return new DomainError('approval_not_pending', `The request is ${status}: nothing is left to decide.`, {
    approval_status: status,
  });
}
