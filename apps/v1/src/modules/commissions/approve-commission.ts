import { Injectable } from '@nestjs/common';
import { accountKeyFor } from '@tandem/contracts';
import { Clock } from '@tandem/platform/clock';
import { UnitOfWork, type Tx } from '@tandem/platform/database/unit-of-work';
import { ValidationError } from '@tandem/platform/errors';
import { V1Config } from '../../config/config.ts';
import { checkVersion } from '../../editing/check-version.ts';
import { formatMoney } from '../../money/money.ts';
import type { Actor } from '../audit/actor.ts';
import { DirectoryQueries } from '../directory/directory.queries.ts';
import { DecisionBook } from '../studio-link/decision-book.ts';
import { LaneDrainer } from '../studio-link/lane-drainer.ts';
import { LaneRowQueries } from '../studio-link/lane-rows.queries.ts';
import { Outbox } from '../studio-link/outbox.ts';
import type { StudioAnswer } from '../studio-link/studio-answer.ts';
import { StudioBillingAdapter } from '../studio-link/studio-billing-adapter.ts';
import {
  acceptanceKey,
  checkStep,
  decideApproval,
  gateRefusal,
  type ApprovalIntent,
  type Commission,
} from './commission.ts';
import { CommissionRecorder } from './commission-recorder.ts';
import { CommissionStore } from './commission.store.ts';

export interface ApproveInput {
  /** Accept although credits are missing. Needs a reason. */
  readonly override: boolean;
  readonly reason: string | null;
  readonly version: number | undefined;
}

export interface ApproveResult {
  readonly commission: Commission;
  /** How Studio stands to it; null when nothing had to be asked. */
  readonly answer: StudioAnswer | null;
}

/**
 * Approves a commission. When Studio answers, its reserve is the gate; when it does not, the work is accepted, the reserve
 * waits in its lane, and the decision is in the book (DESIGN 3, Approval).
 *
 * Three steps, each durable: the intent with its reserve, the answer on the outbox row, the approval. A crash after any
 * of them is finished by `RecoverApprovals`.
 */
@Injectable()
export class ApproveCommission {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly store: CommissionStore,
    private readonly recorder: CommissionRecorder,
    private readonly directory: DirectoryQueries,
    private readonly outbox: Outbox,
    private readonly lanes: LaneRowQueries,
    private readonly drainer: LaneDrainer,
    private readonly decisions: DecisionBook,
    private readonly adapter: StudioBillingAdapter,
    private readonly config: V1Config,
    private readonly clock: Clock,
  ) {}

  /**
   * @throws DomainError `soft_gate_insufficient_credits` when Studio refused and nobody overrode, `in_flight`,
   *   `invalid_transition`, `stale_version`, `not_found`.
   */
  async run(actor: Actor, id: number, input: ApproveInput): Promise<ApproveResult> {
    if (input.override && input.reason === null) {
      throw new ValidationError([{ path: 'reason', message: 'reason is required to override the credit gate' }]);
    }
    const begun = await this.uow.run((tx) => this.begin(tx, actor, id, input));
    return begun.state === 'APPROVING' ? this.ask(begun) : { commission: begun, answer: null };
  }

  /** Asks Studio about an intent, within the budget, and finishes it either way. */
  async ask(commission: Commission): Promise<ApproveResult> {
    const { accountKey, reserveEventId } = commission;
    if (accountKey === null || reserveEventId === null)
      throw new Error(`intent of commission ${commission.id} is torn`);
    const answer = await this.drainer.settleWithin(accountKey, reserveEventId, this.config.studioStepBudgetMs);
    const finished = await this.uow.run((tx) => this.finish(tx, commission.id, reserveEventId, answer));
    // Thrown after the commit: the refused try is on the timeline, and the commission is open again.
    if (finished.gated) throw gateRefusal(finished.answer);
    return { commission: finished.commission, answer: finished.answer };
  }

  private async begin(tx: Tx, actor: Actor, id: number, input: ApproveInput): Promise<Commission> {
    const commission = await this.store.lock(tx, id);
    // A client that lost our answer asks again: the work is approved, and that is the answer.
    if (commission.state === 'APPROVED') return commission;
    checkVersion({ expected: input.version, actual: commission.version });
    checkStep(commission, 'approve');
    const intent: ApprovalIntent = {
      actor: actor.label,
      actorUserId: actor.userId,
      override: input.override,
      reason: input.reason,
      stampedKey: commission.accountKey === null,
    };
    if (commission.acceptanceOpen && !(await this.wasRefused(tx, commission, intent))) {
      // Information was asked for after an approval: its hold was kept, and Studio has been told of the acceptance.
      return this.recorder.change(tx, actor, commission, {
        event: 'approved',
        change: { state: 'APPROVED', decisionReason: input.reason },
        reason: input.reason,
        details: { acceptance: commission.acceptance, hold: 'kept' },
      });
    }
    const accountKey = commission.accountKey ?? accountKeyFor(commission);
    const acceptance = commission.acceptance + 1;
    const reserveEventId = await this.outbox.addCommand(tx, {
      accountKey,
      operation: 'reserve',
      idempotencyKey: acceptanceKey(`v1:credit_reserve:commission:${id}`, acceptance),
      commissionId: id,
      acceptance,
      amount: commission.creditCost,
      actingUser: actor.label,
      reason: input.reason,
    });
    return this.store.update(tx, id, { state: 'APPROVING', accountKey, acceptance, reserveEventId, intent });
  }

  /** The hold of an open acceptance was asked for while Studio did not answer, and refused when it did. */
  private async wasRefused(tx: Tx, commission: Commission, intent: ApprovalIntent): Promise<boolean> {
    const { accountKey, reserveEventId } = commission;
    if (accountKey === null || reserveEventId === null) return false;
    const outcome = decideApproval(intent, await this.lanes.lockedOutcome(tx, accountKey, reserveEventId));
    return outcome.kind === 'gated' || outcome.kind === 'overridden';
  }

  private async finish(
    tx: Tx,
    id: number,
    reserveEventId: number,
    asked: StudioAnswer,
  ): Promise<{ commission: Commission; answer: StudioAnswer; gated: boolean }> {
    const commission = await this.store.lock(tx, id);
    const { accountKey, intent } = commission;
    if (accountKey === null) throw new Error(`commission ${id} lost its account key`);
    const row = await this.lanes.lockedOutcome(tx, accountKey, reserveEventId);
    const answer = row.state === 'pending' ? asked : (row.answer ?? asked);
    if (intent === null || commission.reserveEventId !== reserveEventId) {
      // The recovery job was faster; its decision stands.
      return { commission, answer, gated: commission.state === 'SUBMITTED' && row.state === 'refused' };
    }
    const outcome = decideApproval(intent, row);
    const actor: Actor = { label: intent.actor, userId: intent.actorUserId, ipAddress: null, userAgent: null };
    if (outcome.kind === 'gated') {
      const reopened = await this.recorder.change(tx, actor, commission, {
        event: 'approval_refused',
        change: { state: 'SUBMITTED', intent: null, ...(intent.stampedKey ? { accountKey: null } : {}) },
        reason: answer.code,
        details: { acceptance: commission.acceptance },
      });
      return { commission: reopened, answer, gated: true };
    }
    const approved = await this.recorder.change(tx, actor, commission, {
      event: 'approved',
      change: {
        state: 'APPROVED',
        intent: null,
        acceptanceOpen: true,
        override: outcome.kind === 'overridden',
        decisionReason: intent.reason,
      },
      reason: intent.reason,
      details: { acceptance: commission.acceptance, studio: outcome.kind, studio_reason: answer.reason },
    });
    if (outcome.kind === 'unanswered') {
      await this.decisions.record(tx, {
        eventId: reserveEventId,
        operation: 'approve',
        accountKey,
        commissionId: id,
        amount: commission.creditCost,
        known: this.adapter.known(accountKey),
        reason: answer.reason,
      });
    }
    await this.tellStudio(tx, approved);
    return { commission: approved, answer, gated: false };
  }

  private async tellStudio(tx: Tx, commission: Commission): Promise<void> {
    const { id, accountKey, assignmentId, feesMinor, currency, acceptance } = commission;
    if (accountKey === null) throw new Error(`commission ${id} lost its account key`);
    const assignment = assignmentId === null ? null : await this.directory.assignmentById(tx, assignmentId);
    await this.outbox.addEvent(tx, {
      accountKey,
      type: 'work_accepted',
      payload: {
        commission_request_id: id,
        assignment_id: assignmentId,
        assignment_code: assignment?.code ?? null,
        fees: feesMinor === null ? null : formatMoney(feesMinor, currency),
      },
      idempotencyKey: acceptanceKey(`v1:work_accepted:commission:${id}`, acceptance),
      occurredAt: this.clock.now(),
    });
  }
}
