import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { toApprovalRow } from '../approvals/approval.convert.ts';
import type { ApprovalRow } from '../approvals/approval.dto.ts';
import { approvalNotFound } from '../approvals/approval.errors.ts';
import { OperatorActsQueries } from '../approvals/operator-acts.queries.ts';
import type { PerformedAct } from '../approvals/perform-act.ts';
import type { ActResult } from '../approvals/run-act.ts';
import { AuditTrail } from '../audit/audit-trail.ts';
import { CreditLedger } from '../ledger/credit-ledger.ts';
import { toLedgerRow, toReservationRow, toShortfallRow } from '../ledger/credits.convert.ts';
import { refusalOf } from '../ledger/refusal-of.ts';
import type { CreditActAnswer, GrantAnswer } from './credit-acts.dto.ts';

/** What operators read about their acts: what came of it, or with 202 the request that waits for a second person. */
@Injectable()
export class CreditActAnswers {
  constructor(
    private readonly acts: OperatorActsQueries,
    private readonly ledger: CreditLedger,
    private readonly trail: AuditTrail,
  ) {}

  /** @throws DomainError when the ledger refused */
  async grant(reply: FastifyReply, performed: PerformedAct): Promise<GrantAnswer | ApprovalRow> {
    if (performed.kind === 'needs approval') return this.accepted(reply, performed.actId);
    const { entry, receipt } = this.answerOf(reply, performed);
    if (!entry) throw new Error('a grant moved nothing and was not refused');
    return { ...entry, receipt };
  }

  /** @throws DomainError when the ledger refused */
  async act(reply: FastifyReply, performed: PerformedAct): Promise<CreditActAnswer | ApprovalRow> {
    if (performed.kind === 'needs approval') return this.accepted(reply, performed.actId);
    return this.answerOf(reply, performed);
  }

  /**
   * For an act whose outcome is read elsewhere: the request that waits, or null when it is done.
   * @throws DomainError when it was refused
   */
  async withoutOutcome(reply: FastifyReply, performed: PerformedAct): Promise<ApprovalRow | null> {
    if (performed.kind === 'needs approval') return this.accepted(reply, performed.actId);
    if (performed.kind === 'refused') throw this.refused(reply, performed.error);
    return null;
  }

  private async accepted(reply: FastifyReply, actId: string): Promise<ApprovalRow> {
    const row = await this.acts.approval(actId);
    if (!row) throw approvalNotFound();
    void reply.status(202);
    return toApprovalRow(row);
  }

  private answerOf(reply: FastifyReply, result: ActResult): CreditActAnswer {
    if (result.kind === 'refused') throw this.refused(reply, result.error);
    if (result.kind === 'limit set') throw new Error('an overdraft limit has no outcome of the ledger');
    const { outcome, accountId } = result;
    if (outcome.outcome === 'REFUSED' || outcome.outcome === 'REJECTED') throw this.refused(reply, refusalOf(outcome));
    if (outcome.replayed) void reply.header('Idempotent-Replayed', 'true');
    const { entry, reservation, shortfall } = outcome;
    return {
      status: outcome.outcome,
      entry: entry ? toLedgerRow(entry) : null,
      reservation: reservation ? toReservationRow(reservation) : null,
      shortfall: shortfall ? toShortfallRow(shortfall) : null,
      receipt: this.ledger.receipt(accountId, Number(outcome.seq)),
    };
  }

  private refused<Refusal extends Error>(reply: FastifyReply, refusal: Refusal): Refusal {
    this.trail.refusalIsWritten(reply);
    return refusal;
  }
}
