import { Injectable } from '@nestjs/common';
import {
  COMMISSION_REF_TYPE,
  creditsToNumber,
  type Credits,
  type ExternalKey,
  type V1EventPayload,
  type V1EventType,
} from '@tandem/contracts';
import type { Tx } from '@tandem/platform/database/unit-of-work';
import { addJob } from '@tandem/platform/jobs/add-job';

/** Job that drains one lane; a wake-up only, the lane table decides what is due. */
export const DRAIN_LANE_TASK = 'drain_lane';

/** V1 asks for holds of 30 days: work takes longer than the wire's default of one day. */
const HOLD_MINUTES = 30 * 24 * 60;

export interface OutboxEvent<Type extends V1EventType> {
  readonly accountKey: ExternalKey;
  readonly type: Type;
  readonly payload: V1EventPayload<Type>;
  /** From the business fact, never from a time or a hash of state: a fact is told once. */
  readonly idempotencyKey: string;
  readonly occurredAt: Date;
}

export interface OutboxCommand {
  readonly accountKey: ExternalKey;
  readonly operation: 'reserve' | 'consume' | 'release';
  readonly idempotencyKey: string;
  readonly commissionId: number;
  readonly acceptance: number;
  /** Credits to hold or charge; a release needs none. */
  readonly amount?: Credits;
  /** Person V1 acts for; travels with the call into Studio's audit trail. */
  readonly actingUser: string;
  readonly reason?: string | null;
}

/**
 * Everything V1 tells Studio starts as a row here, in the transaction of the business change. One stream per account,
 * events and commands together, so that nothing overtakes a deferred command.
 */
@Injectable()
export class Outbox {
  /** Appends a fact to its account's lane and wakes the lane up once the transaction commits. */
  async addEvent<Type extends V1EventType>(tx: Tx, event: OutboxEvent<Type>): Promise<void> {
    const emittedAt = event.occurredAt.toISOString();
    await this.append(tx, {
      accountKey: event.accountKey,
      kind: 'event',
      eventType: event.type,
      idempotencyKey: event.idempotencyKey,
      commissionId: null,
      body: {
        source_system: 'v1',
        event_type: event.type,
        external_account_key: event.accountKey,
        payload_json: { ...event.payload, event_emitted_at: emittedAt },
        idempotency_key: event.idempotencyKey,
        occurred_at: emittedAt,
      },
    });
    await addJob(tx, DRAIN_LANE_TASK, { account_key: event.accountKey }, { jobKey: `lane:${event.accountKey}` });
  }

  /**
   * Appends a credit command. It wakes nobody up: the request that wrote it drains the lane itself, within its budget,
   * and the sweep picks up what a crash left behind.
   * @returns id of the row, to ask for its outcome.
   */
  async addCommand(tx: Tx, command: OutboxCommand): Promise<number> {
    return this.append(tx, {
      accountKey: command.accountKey,
      kind: command.operation,
      eventType: `credit_${command.operation}`,
      idempotencyKey: command.idempotencyKey,
      commissionId: command.commissionId,
      body: {
        external_key: command.accountKey,
        ref_type: COMMISSION_REF_TYPE,
        ref_id: String(command.commissionId),
        acceptance: command.acceptance,
        idempotency_key: command.idempotencyKey,
        acting_user: command.actingUser,
        reason: command.reason ?? undefined,
        amount: command.amount === undefined ? undefined : creditsToNumber(command.amount),
        expires_in_minutes: command.operation === 'reserve' ? HOLD_MINUTES : undefined,
        // Delivered work is never a lost charge, even where its hold is gone.
        on_missing_hold: command.operation === 'consume' ? 'settle' : undefined,
      },
    });
  }

  private async append(
    tx: Tx,
    row: {
      accountKey: string;
      kind: string;
      eventType: string;
      idempotencyKey: string;
      commissionId: number | null;
      body: object;
    },
  ): Promise<number> {
    await tx.query('INSERT INTO lanes (account_key) VALUES ($1) ON CONFLICT DO NOTHING', [row.accountKey]);
    // The lane's row lock is held until commit: sequence order is commit order, so no reader can skip a late row (D16).
    const [inserted] = await tx.query<{ id: string }>(
      `WITH lane AS (
         UPDATE lanes SET next_seq = next_seq + 1 WHERE account_key = $1 RETURNING next_seq - 1 AS lane_seq)
       INSERT INTO events (account_key, lane_seq, kind, event_type, idempotency_key, body, commission_id)
       SELECT $1, lane_seq, $2, $3, $4, $5, $6 FROM lane
       RETURNING id`,
      [row.accountKey, row.kind, row.eventType, row.idempotencyKey, JSON.stringify(row.body), row.commissionId],
    );
    if (!inserted) throw new Error(`lane ${row.accountKey} vanished while a row was appended`);
    return Number(inserted.id);
  }
}
