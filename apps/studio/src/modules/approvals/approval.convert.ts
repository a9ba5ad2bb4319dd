import { creditsToDecimal, creditsToNumber, fromMicroCredits } from '@tandem/contracts';
import type { ApprovalRow } from './approval.dto.ts';
import type { ApprovalSqlRow } from './operator-acts.queries.ts';

/** Names of stored fields on the wire. */
const WIRE_NAMES: Readonly<Record<string, string>> = {
  amount: 'amount',
  refType: 'ref_type',
  refId: 'ref_id',
  reservationId: 'reservation_id',
  reversesSeq: 'seq',
  lotKind: 'kind',
  lotPriority: 'priority',
  lotExpiresAt: 'expires_at',
  toExternalKey: 'to_external_key',
  version: 'version',
};

/** Database row to wire row. */
export function toApprovalRow(row: ApprovalSqlRow): ApprovalRow {
  const details = Object.entries(row.command)
    .filter(([name]) => name in WIRE_NAMES)
    .map(([name, value]) => [WIRE_NAMES[name], name === 'amount' ? creditsToDecimal(fromMicroCredits(value)) : value]);
  return {
    id: row.act_id,
    status: row.status,
    act: row.operation,
    external_key: row.external_key,
    amount: creditsToNumber(fromMicroCredits(row.amount_micro ?? 0)),
    details: Object.fromEntries(details) as Record<string, unknown>,
    reason: row.reason,
    idempotency_key: row.idempotency_key,
    requested_by: row.actor,
    requested_at: row.requested_at.toISOString(),
    expires_at: (row.expires_at ?? row.requested_at).toISOString(),
    decided_by: row.approver,
    decided_at: row.decided_at?.toISOString() ?? null,
    decision_reason: row.decision_reason,
    entry_id: row.outcome?.entry_id ?? null,
    refusal_code: row.outcome?.code ?? null,
  };
}
