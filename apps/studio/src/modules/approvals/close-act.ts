import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '@tandem/platform/database/unit-of-work';
import type { Actor } from '../audit/audit-entry.ts';
import { AuditTrail } from '../audit/audit-trail.ts';
import type { ActOutcome, OperatorActSqlRow } from './operator-act.ts';
import { OperatorActsStore } from './operator-acts.store.ts';

/** Whoever asked for an act, by the request they asked with. */
export function actorOf(act: OperatorActSqlRow): Actor {
  return { email: act.actor, role: act.actor_role, requestId: act.request_id };
}

/** True for acts whose amount counts for the day of whoever asked: done by one person alone, and on the ledger. */
export function countsForTheDay(
  act: Pick<OperatorActSqlRow, 'needs_approval' | 'amount_micro' | 'operation'>,
): boolean {
  return !act.needs_approval && act.amount_micro !== null && act.operation !== 'overdraft';
}

/** What became of an act, and what the trail says about it. */
export interface ActClosing {
  readonly state: 'DONE' | 'REFUSED' | 'NOT_DONE' | 'EXPIRED';
  readonly outcome: ActOutcome | null;
  readonly before?: Record<string, unknown> | undefined;
  readonly after?: Record<string, unknown> | undefined;
  /** Who closes it, when it is not whoever asked. */
  readonly actor?: Actor;
}

/** Writes what became of an act: on its row, on its day, and in the trail, in one transaction. */
@Injectable()
export class CloseAct {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly acts: OperatorActsStore,
    private readonly trail: AuditTrail,
  ) {}

  /**
   * Two who close one act agree: the second changes nothing, except that DONE wins over what looked undone.
   */
  async run(act: OperatorActSqlRow, closing: ActClosing): Promise<void> {
    await this.uow.run(async (tx) => {
      const current = await this.acts.lock(tx, act.act_id);
      if (!current || current.state === closing.state || current.state === 'DONE') return;
      const from = closing.state === 'EXPIRED' ? 'PENDING' : 'OPEN';
      if (closing.state !== 'DONE' && current.state !== from) return;
      await this.acts.close(tx, current, closing.state, closing.outcome);
      if (closing.state !== 'DONE' && current.counted_on !== null) await this.acts.uncount(tx, current);
      // It was taken for undone and given back meanwhile: a fact is counted, whatever the limit.
      if (closing.state === 'DONE' && current.counted_on === null && countsForTheDay(current)) {
        await this.acts.count(tx, current, current.actor_id, null);
      }
      await this.trail.record(tx, {
        act: current.operation,
        phase: closing.state,
        actId: current.act_id,
        actor: closing.actor ?? actorOf(current),
        target: current.external_key,
        reason: current.reason,
        code: closing.outcome?.code,
        requestDigest: current.request_digest,
        before: closing.before,
        after: closing.after,
      });
    });
  }
}
