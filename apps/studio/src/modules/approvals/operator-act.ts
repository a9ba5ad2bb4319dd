import { createHash } from 'node:crypto';
import { fromMicroCredits, type Credits } from '@tandem/contracts';
import type { CreditCommand } from '../ledger/credit-command.ts';

/** What operators may do to an account's credits. `overdraft` changes a limit, all others are commands of the ledger. */
export const ACT_OPERATIONS = [
  'grant',
  'adjust',
  'reverse',
  'transfer',
  'clawback',
  'release',
  'consume',
  'extend',
  'recover',
  'overdraft',
] as const;
export type ActOperation = (typeof ACT_OPERATIONS)[number];

/** Where an act stands. PENDING waits for a second person; OPEN may be done at any moment, or was when a process died. */
export const ACT_STATES = ['PENDING', 'OPEN', 'DONE', 'REFUSED', 'REJECTED', 'EXPIRED', 'NOT_DONE'] as const;
export type ActState = (typeof ACT_STATES)[number];

/** What the act is about: fields of the ledger's command, or the new limit as `amount`. */
export type ActFields = Pick<
  CreditCommand,
  | 'amount'
  | 'refType'
  | 'refId'
  | 'reservationId'
  | 'expiresInMinutes'
  | 'lotKind'
  | 'lotPriority'
  | 'lotExpiresAt'
  | 'reversesSeq'
  | 'toAccountId'
  | 'shortfallId'
> & {
  /** Version of the account an overdraft limit is based on. */
  readonly version?: number | undefined;
  /** Key of the account a transfer goes to, for people to read. */
  readonly toExternalKey?: string | undefined;
};

/** An act as an operator asks for it. */
export interface OperatorAct {
  readonly accountId: string;
  readonly externalKey: string;
  readonly operation: ActOperation;
  readonly idempotencyKey: string;
  readonly reason: string;
  readonly fields: ActFields;
  /** Credits at stake, always positive; null for acts that neither need a second person nor count for the day. */
  readonly weight: Credits | null;
}

/** `ActFields` as they are stored: amounts as text, times as ISO 8601, absent fields left out. */
export type StoredActFields = Readonly<Record<string, string | number>>;

/** A stored act. */
export interface OperatorActSqlRow {
  readonly account_id: string;
  readonly act_id: string;
  readonly operation: ActOperation;
  readonly idempotency_key: string;
  readonly request_digest: string;
  readonly external_key: string;
  readonly command: StoredActFields;
  readonly amount_micro: string | null;
  readonly reason: string;
  readonly needs_approval: boolean;
  readonly state: ActState;
  readonly actor_id: number;
  readonly actor: string;
  readonly actor_role: string;
  readonly request_id: string;
  /** Day the amount counts for; null: it does not. */
  readonly counted_on: string | null;
  readonly requested_at: Date;
  readonly expires_at: Date | null;
  /** A request whose time is over, before the job writes it. */
  readonly is_overdue: boolean;
  readonly approver_id: number | null;
  readonly approver: string | null;
  readonly decided_at: Date | null;
  readonly decision_reason: string | null;
  readonly closed_at: Date | null;
  readonly outcome: ActOutcome | null;
}

/** What became of an act, for people to read. */
export interface ActOutcome {
  readonly code?: string | null;
  readonly entry_id?: string | null;
  readonly seq?: number | null;
}

/** Fields to their stored form. */
export function toStoredFields(fields: ActFields): StoredActFields {
  const stored: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    if (value instanceof Date) stored[name] = value.toISOString();
    else stored[name] = typeof value === 'bigint' ? value.toString() : value;
  }
  return stored;
}

/** Stored form to fields. */
export function fromStoredFields(stored: StoredActFields): ActFields {
  const { amount, lotExpiresAt, ...rest } = stored;
  return {
    ...(rest as ActFields),
    ...(amount !== undefined && { amount: fromMicroCredits(amount) }),
    ...(lotExpiresAt !== undefined && { lotExpiresAt: new Date(lotExpiresAt) }),
  };
}

/** Digest of what an act asks for; who asks and why are not part of it. */
export function digestOfAct(act: OperatorAct): string {
  const fields = Object.entries(toStoredFields(act.fields)).sort(([one], [other]) => (one < other ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([act.operation, act.accountId, fields]))
    .digest('hex');
}

/**
 * The ledger's command for a stored act. An approved act has a scope of its own for its key, so that nobody can use the
 * key up beforehand, and however often the command is sent it has one effect.
 */
export function commandOf(act: OperatorActSqlRow): CreditCommand {
  if (act.operation === 'overdraft') throw new Error('an overdraft limit is no command of the ledger');
  const { version: _version, toExternalKey: _key, ...fields } = fromStoredFields(act.command);
  return {
    accountId: act.account_id,
    operation: act.operation,
    client: act.needs_approval ? 'operator-approval' : 'operator',
    idempotencyKey: act.needs_approval ? act.act_id : act.idempotency_key,
    ...fields,
    actor: act.actor,
    reason: act.reason,
  };
}
