import { DomainError } from '@tandem/platform/errors';

/** Nobody enrolled the account; unknown and not enrolled are told apart nowhere (CONTRACT 1.1). */
export function accountNotEnrolled(): DomainError {
  return new DomainError('account_not_enrolled', 'billing account not found');
}

/** Somebody else enrolled the key first. */
export function accountAlreadyEnrolled(externalKey: string): DomainError {
  return new DomainError('already_exists', `${externalKey} is already enrolled`, { external_key: externalKey });
}

/** The account was edited since the caller read it. */
export function staleVersion(current: number): DomainError {
  return new DomainError('stale_version', 'the account was changed meanwhile: read it again', {
    current_version: current,
  });
}

/** Credit mode without credits would refuse all work at once. */
export function creditModeNeedsCredits(): DomainError {
  return new DomainError(
    'credit_mode_needs_credits',
    'the account has no available credits: grant some first, or force the change with a reason',
  );
}

/** More is in use than the limit would allow. */
export function overdraftInUse(): DomainError {
  return new DomainError('overdraft_in_use', 'the account already uses more than that: a lower limit must wait');
}

/** Somebody has to look first: work is under way. */
export function planRequired(openHolds: number, workInFlight: number): DomainError {
  return new DomainError(
    'plan_required',
    'holds are open or work is in flight: rehearse the switch, and send its plan_digest',
    { open_holds: openHolds, work_in_flight: workInFlight },
  );
}

/** What the rehearsal saw has changed. */
export function stalePlan(): DomainError {
  return new DomainError('stale_plan', 'the account has changed since the rehearsal: look again');
}
