import { Injectable } from '@nestjs/common';
import { UnitOfWork, type Tx } from '@tandem/platform/database/unit-of-work';
import type { Operator } from '../../http/current-operator.ts';
import { StudioConfig } from '../../config/config.ts';
import type { AuditPhase } from '../audit/audit-entry.ts';
import { AuditTrail } from '../audit/audit-trail.ts';
import { dailyLimitExceeded, keyReused } from './approval.errors.ts';
import { countsForTheDay } from './close-act.ts';
import { digestOfAct, type OperatorAct, type OperatorActSqlRow } from './operator-act.ts';
import { OperatorActsStore } from './operator-acts.store.ts';
import { RunAct, type ActResult } from './run-act.ts';

/** Either what came of the act, or the id of the request that waits for a second person. */
export type PerformedAct = ActResult | { readonly kind: 'needs approval'; readonly actId: string };

/**
 * Does what an operator asks, or puts it before a second person when more is at stake than one person may decide.
 * The intent is written before the ledger is asked, so that a crash between leaves nothing unexplained.
 */
@Injectable()
export class PerformAct {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly acts: OperatorActsStore,
    private readonly trail: AuditTrail,
    private readonly runAct: RunAct,
    private readonly config: StudioConfig,
  ) {}

  /**
   * The same key with the same request answers what came of it; it counts once and asks once.
   * @throws DomainError `idempotency_key_reused`, `daily_limit_exceeded`
   */
  async run(requester: Operator, act: OperatorAct): Promise<PerformedAct> {
    const begun = await this.uow.run((tx) => this.begin(tx, requester, act));
    if (begun.needs_approval) return { kind: 'needs approval', actId: begun.act_id };
    return this.runAct.run(begun);
  }

  private async begin(tx: Tx, requester: Operator, act: OperatorAct): Promise<OperatorActSqlRow> {
    const needed = act.weight !== null && act.weight > this.config.secondApproverAbove;
    const approval = { needed, hours: this.config.approvalHours };
    const inserted = await this.acts.insert(tx, requester, act, approval);
    const found = inserted ?? (await this.acts.lockByKey(tx, act));
    if (!found) throw new Error('an act vanished while it was looked for');
    if (found.request_digest !== digestOfAct(act)) throw keyReused();
    const cameToNothing = found.state === 'REFUSED' || found.state === 'NOT_DONE';
    if (!inserted && (found.needs_approval || !cameToNothing)) return found;
    const row = inserted ?? (await this.acts.reopen(tx, requester, found));
    if (countsForTheDay(row)) await this.count(tx, requester, row);
    await this.record(tx, requester, row, row.needs_approval ? 'REQUESTED' : 'INTENT');
    return row;
  }

  private async count(tx: Tx, requester: Operator, row: OperatorActSqlRow): Promise<void> {
    const limit = this.config.dailyCreditsPerOperator;
    if (!(await this.acts.count(tx, row, requester.id, limit))) throw dailyLimitExceeded(limit);
  }

  private async record(tx: Tx, requester: Operator, row: OperatorActSqlRow, phase: AuditPhase): Promise<void> {
    await this.trail.record(tx, {
      act: row.operation,
      phase,
      actId: row.act_id,
      actor: requester,
      target: row.external_key,
      reason: row.reason,
      requestDigest: row.request_digest,
      after: { ...row.command, idempotency_key: row.idempotency_key },
    });
  }
}
