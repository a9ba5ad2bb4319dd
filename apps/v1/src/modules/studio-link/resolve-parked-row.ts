import { Injectable } from '@nestjs/common';
import { DomainError } from '@tandem/platform/errors';
import { UnitOfWork } from '@tandem/platform/database/unit-of-work';
import { addJob } from '@tandem/platform/jobs/add-job';
import type { Actor } from '../audit/actor.ts';
import { AuditTrail } from '../audit/audit-trail.ts';
import { DecisionBook } from './decision-book.ts';
import { DRAIN_LANE_TASK } from './outbox.ts';

export type ParkedRowAction =
  | { readonly kind: 'retry' }
  | { readonly kind: 'skip' }
  /** Replaces the body; the idempotency key inside must stay the row's own. */
  | { readonly kind: 'edit'; readonly body: Readonly<Record<string, unknown>> };

/** An operator's decision on a row Studio will not take: try again, leave out, or send corrected. */
@Injectable()
export class ResolveParkedRow {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly audit: AuditTrail,
    private readonly decisions: DecisionBook,
  ) {}

  /** @throws DomainError `not_found` when the row is not parked (or no row), `validation_failed` for a changed key. */
  async run(actor: Actor, rowId: number, action: ParkedRowAction, reason: string): Promise<void> {
    await this.uow.run(async (tx) => {
      const [lane] = await tx.query<{ account_key: string }>('SELECT account_key FROM events WHERE id = $1', [rowId]);
      if (lane) await tx.query('SELECT FROM lanes WHERE account_key = $1 FOR UPDATE', [lane.account_key]);
      const [row] = await tx.query<{ account_key: string; idempotency_key: string; body: string }>(
        `SELECT account_key, idempotency_key, body FROM events WHERE id = $1 AND state = 'parked' FOR UPDATE`,
        [rowId],
      );
      if (!row) throw new DomainError('not_found', `No parked row ${rowId}`);
      if (action.kind === 'edit' && action.body.idempotency_key !== row.idempotency_key) {
        throw new DomainError('validation_failed', `idempotency_key must stay ${row.idempotency_key}`);
      }
      await tx.query(
        `UPDATE events SET state = $2, body = $3, processed_at = CASE WHEN $2 = 'skipped' THEN clock_timestamp() END
          WHERE id = $1`,
        [
          rowId,
          action.kind === 'skip' ? 'skipped' : 'pending',
          action.kind === 'edit' ? JSON.stringify(action.body) : row.body,
        ],
      );
      if (action.kind === 'skip') {
        // Nothing will come of the command: its decision is closed with that, not left open for ever.
        await this.decisions.settle(tx, rowId, { reason: 'bad_request', code: 'skipped', body: null, replayed: false });
      }
      await this.audit.record(tx, {
        eventType: `studio_row_${action.kind}`,
        actor,
        data: {
          row_id: rowId,
          account_key: row.account_key,
          reason,
          body_before: action.kind === 'edit' ? row.body : undefined,
        },
      });
      await addJob(tx, DRAIN_LANE_TASK, { account_key: row.account_key }, { jobKey: `lane:${row.account_key}` });
    });
  }
}
