import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '@tandem/platform/database/unit-of-work';
import { V1Config } from '../../config/config.ts';
import { DecisionBook, type DecisionOperation } from '../studio-link/decision-book.ts';
import { LaneDrainer } from '../studio-link/lane-drainer.ts';
import { LaneRowQueries } from '../studio-link/lane-rows.queries.ts';
import { isDefinitive, type StudioAnswer } from '../studio-link/studio-answer.ts';
import { StudioBillingAdapter } from '../studio-link/studio-billing-adapter.ts';
import type { Commission } from './commission.ts';

/**
 * The part of a business step that talks to Studio: after the commit, within the step's budget, never failing the step.
 * What got no answer is written into the decision book.
 */
@Injectable()
export class StudioStep {
  constructor(
    private readonly drainer: LaneDrainer,
    private readonly lanes: LaneRowQueries,
    private readonly adapter: StudioBillingAdapter,
    private readonly decisions: DecisionBook,
    private readonly uow: UnitOfWork,
    private readonly config: V1Config,
  ) {}

  /** Tries to settle a command that is in its lane already. */
  async settle(commission: Commission, operation: DecisionOperation, rowId: number): Promise<StudioAnswer> {
    const { accountKey } = commission;
    if (accountKey === null) throw new Error(`commission ${commission.id} has no account key`);
    const answer = await this.drainer.settleWithin(accountKey, rowId, this.config.studioStepBudgetMs);
    if (isDefinitive(answer)) return answer;
    await this.uow.run(async (tx) => {
      // A relay may have settled the row a moment ago; then there is nothing to record.
      const { state } = await this.lanes.lockedOutcome(tx, accountKey, rowId);
      if (state === 'done' || state === 'refused') return;
      await this.decisions.record(tx, {
        eventId: rowId,
        operation,
        accountKey,
        commissionId: commission.id,
        amount: commission.creditCost,
        known: this.adapter.known(accountKey),
        reason: answer.reason,
      });
    });
    return answer;
  }
}
