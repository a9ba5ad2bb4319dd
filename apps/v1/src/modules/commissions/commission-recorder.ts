import { Injectable } from '@nestjs/common';
import type { Tx } from '@tandem/platform/database/unit-of-work';
import type { Actor } from '../audit/actor.ts';
import { AuditTrail } from '../audit/audit-trail.ts';
import { CommissionStore, type CommissionChange } from './commission.store.ts';
import type { Commission } from './commission.ts';

/** Changes a commission and says so: state, timeline row and audit row in one call, in the caller's transaction. */
@Injectable()
export class CommissionRecorder {
  constructor(
    private readonly store: CommissionStore,
    private readonly audit: AuditTrail,
  ) {}

  async change(
    tx: Tx,
    actor: Actor,
    commission: Commission,
    step: { event: string; change: CommissionChange; reason: string | null; details?: object },
  ): Promise<Commission> {
    const changed = await this.store.update(tx, commission.id, step.change);
    await this.say(tx, actor, changed, step);
    return changed;
  }

  /** Timeline and audit rows alone, for a commission that was just created. */
  async say(
    tx: Tx,
    actor: Actor,
    commission: Commission,
    step: { event: string; reason: string | null; details?: object },
  ): Promise<void> {
    await this.store.addTimelineRow(tx, {
      commissionId: commission.id,
      event: step.event,
      actor: actor.label,
      reason: step.reason,
      details: step.details ?? {},
    });
    await this.audit.record(tx, {
      eventType: `commission_${step.event}`,
      actor,
      customerId: commission.clientId,
      data: { commission_id: commission.id, state: commission.state, reason: step.reason, ...step.details },
    });
  }
}
