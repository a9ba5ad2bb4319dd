import { Injectable } from '@nestjs/common';
import { fromMicroCredits, type Credits, type ExternalKey } from '@tandem/contracts';
import type { Tx } from '@tandem/platform/database/unit-of-work';
import { DomainError } from '@tandem/platform/errors';
import type { Currency } from '../../money/currency.ts';
import type { ApprovalIntent, Commission, CommissionState } from './commission.ts';

/** A row of `commissions` as the driver reads it. */
export interface CommissionSqlRow {
  id: number;
  title: string;
  partner_id: number | null;
  client_id: number | null;
  assignment_id: number | null;
  fees_minor: string | null;
  currency: Currency;
  credit_cost_micro: string;
  state: CommissionState;
  account_key: ExternalKey | null;
  acceptance: number;
  acceptance_open: boolean;
  reserve_event_id: string | null;
  intent: ApprovalIntent | null;
  intent_at: Date | null;
  override: boolean;
  decision_reason: string | null;
  version: number;
  created_at: Date;
  updated_at: Date;
}

export function toCommission(row: CommissionSqlRow): Commission {
  return {
    id: row.id,
    title: row.title,
    partnerId: row.partner_id,
    clientId: row.client_id,
    assignmentId: row.assignment_id,
    feesMinor: row.fees_minor === null ? null : BigInt(row.fees_minor),
    currency: row.currency,
    creditCost: fromMicroCredits(row.credit_cost_micro),
    state: row.state,
    accountKey: row.account_key,
    acceptance: row.acceptance,
    acceptanceOpen: row.acceptance_open,
    reserveEventId: row.reserve_event_id === null ? null : Number(row.reserve_event_id),
    intent: row.intent,
    intentAt: row.intent_at,
    override: row.override,
    decisionReason: row.decision_reason,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export interface NewCommission {
  readonly title: string;
  readonly partnerId: number | null;
  readonly clientId: number | null;
  readonly assignmentId: number | null;
  readonly feesMinor: bigint | null;
  readonly currency: Currency;
  readonly creditCost: Credits;
}

/** Columns a step may change; what is absent stays. */
export interface CommissionChange {
  readonly state?: CommissionState;
  readonly partnerId?: number | null;
  readonly clientId?: number | null;
  readonly title?: string;
  readonly accountKey?: ExternalKey | null;
  readonly acceptance?: number;
  readonly acceptanceOpen?: boolean;
  readonly reserveEventId?: number;
  readonly intent?: ApprovalIntent | null;
  readonly override?: boolean;
  readonly decisionReason?: string | null;
}

const COLUMNS: Record<keyof CommissionChange, string> = {
  state: 'state',
  partnerId: 'partner_id',
  clientId: 'client_id',
  title: 'title',
  accountKey: 'account_key',
  acceptance: 'acceptance',
  acceptanceOpen: 'acceptance_open',
  reserveEventId: 'reserve_event_id',
  intent: 'intent',
  override: 'override',
  decisionReason: 'decision_reason',
};

/** All SQL that writes `commissions`, its timeline and deliverables. */
@Injectable()
export class CommissionStore {
  async insert(tx: Tx, fields: NewCommission): Promise<Commission> {
    const [row] = await tx.query<CommissionSqlRow>(
      `INSERT INTO commissions (title, partner_id, client_id, assignment_id, fees_minor, currency, credit_cost_micro)
       VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING *`,
      [
        fields.title,
        fields.partnerId,
        fields.clientId,
        fields.assignmentId,
        fields.feesMinor?.toString() ?? null,
        fields.currency,
        fields.creditCost.toString(),
      ],
    );
    if (!row) throw new Error('the inserted commission was not returned');
    return toCommission(row);
  }

  /** @throws DomainError `not_found` */
  async lock(tx: Tx, id: number): Promise<Commission> {
    const [row] = await tx.query<CommissionSqlRow>('SELECT * FROM commissions WHERE id = $1 FOR UPDATE', [id]);
    if (!row) throw new DomainError('not_found', 'Commission not found');
    return toCommission(row);
  }

  async update(tx: Tx, id: number, change: CommissionChange): Promise<Commission> {
    const fields = (Object.keys(change) as (keyof CommissionChange)[]).filter((field) => change[field] !== undefined);
    const assignments = fields.map((field, index) => `${COLUMNS[field]} = $${index + 2}`);
    const values = fields.map((field) =>
      field === 'intent' && change.intent ? JSON.stringify(change.intent) : change[field],
    );
    if (change.intent != null) assignments.push('intent_at = clock_timestamp()');
    assignments.push('version = version + 1', 'updated_at = now()');
    const [row] = await tx.query<CommissionSqlRow>(
      `UPDATE commissions SET ${assignments.join(', ')} WHERE id = $1 RETURNING *`,
      [id, ...values],
    );
    if (!row) throw new Error(`commission ${id} vanished under its lock`);
    return toCommission(row);
  }

  async addTimelineRow(
    tx: Tx,
    row: { commissionId: number; event: string; actor: string; reason: string | null; details?: object },
  ): Promise<void> {
    await tx.query(
      'INSERT INTO commission_timeline (commission_id, event, actor, reason, details) VALUES ($1, $2, $3, $4, $5)',
      [row.commissionId, row.event, row.actor, row.reason, JSON.stringify(row.details ?? {})],
    );
  }

  async insertDeliverable(
    tx: Tx,
    commissionId: number,
    documentId: string | null,
  ): Promise<{ id: number; releasedAt: Date }> {
    const [row] = await tx.query<{ id: number; released_at: Date }>(
      'INSERT INTO deliverables (commission_id, document_id) VALUES ($1, $2) RETURNING id, released_at',
      [commissionId, documentId],
    );
    if (!row) throw new Error('the inserted deliverable was not returned');
    return { id: row.id, releasedAt: row.released_at };
  }
}
