import { Injectable, Logger } from '@nestjs/common';
import { UnitOfWork } from '@tandem/platform/database/unit-of-work';
import type { Operator } from '../../http/current-operator.ts';
import { AuditTrail } from '../audit/audit-trail.ts';
import { approvalNotFound, approvalNotPending, secondApproverRequired } from './approval.errors.ts';
import type { OperatorActSqlRow } from './operator-act.ts';
import { OperatorActsStore } from './operator-acts.store.ts';
import { RunAct } from './run-act.ts';

/** What the second person says. */
export interface ApprovalDecision {
  readonly actId: string;
  readonly approver: Operator;
  readonly verdict: 'approve' | 'reject';
  readonly reason: string;
}

/** The second person's yes or no. A yes is stored first, then done; if this process dies between, a job does it. */
@Injectable()
export class DecideApproval {
  private readonly logger = new Logger(DecideApproval.name);

  constructor(
    private readonly uow: UnitOfWork,
    private readonly acts: OperatorActsStore,
    private readonly trail: AuditTrail,
    private readonly runAct: RunAct,
  ) {}

  /**
   * Of two who decide at once the second finds it decided. A refusal by the ledger is not thrown: it is the request's
   * outcome.
   * @throws DomainError `not_found`, `second_approver_required`, `approval_not_pending`
   */
  async run(decision: ApprovalDecision): Promise<void> {
    const decided = await this.decide(decision);
    if (decision.verdict === 'reject') return;
    try {
      await this.runAct.run(decided);
    } catch (error) {
      const cause = error instanceof Error ? error.message : 'unknown';
      this.logger.warn(`Approved act ${decided.act_id} is not done yet: ${cause}`);
    }
  }

  private decide({ actId, approver, verdict, reason }: ApprovalDecision): Promise<OperatorActSqlRow> {
    return this.uow.run(async (tx) => {
      const act = await this.acts.lock(tx, actId);
      if (!act?.needs_approval) throw approvalNotFound();
      if (act.actor_id === approver.id) throw secondApproverRequired();
      if (act.state !== 'PENDING') throw approvalNotPending(act.state);
      if (act.is_overdue) throw approvalNotPending('EXPIRED');
      const state = verdict === 'approve' ? 'OPEN' : 'REJECTED';
      const decided = await this.acts.decide(tx, act, { state, approver, reason });
      await this.trail.record(tx, {
        act: act.operation,
        phase: verdict === 'approve' ? 'APPROVED' : 'REJECTED',
        actId,
        actor: approver,
        target: act.external_key,
        reason,
        requestDigest: act.request_digest,
        after: { requested_by: act.actor },
      });
      return decided;
    });
  }
}
