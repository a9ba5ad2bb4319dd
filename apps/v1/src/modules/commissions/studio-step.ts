import { Injectable } from '@nestjs/common';
import type { Credits } from '@tandem/contracts';
import { UnitOfWork, type Tx } from '@tandem/platform/database/unit-of-work';
import { V1Config } from '../../config/config.ts';
import { DecisionBook, type DecisionOperation } from '../studio-link/decision-book.ts';
import { LaneDrainer } from '../studio-link/lane-drainer.ts';
import { Outbox, type OutboxCommand } from '../studio-link/outbox.ts';
import { isDefinitive, type StudioAnswer } from '../studio-link/studio-answer.ts';
import { StudioBillingAdapter } from '../studio-link/studio-billing-adapter.ts';

/** A command in its lane, whose outcome a step may wait for. */
export interface OwedCommand {
  readonly accountKey: string;
  readonly rowId: number;
}

/**
 * The part of a business step that talks to Studio and must not hold it up: the command goes into the lane with the
 * business change, then gets its chance within the step's budget.
 */
@Injectable()
export class StudioStep {
  constructor(
    private readonly outbox: Outbox,
    private readonly drainer: LaneDrainer,
    private readonly adapter: StudioBillingAdapter,
    private readonly decisions: DecisionBook,
    private readonly uow: UnitOfWork,
    private readonly config: V1Config,
  ) {}

  /**
   * Owes Studio a command, and says in the decision book that it was decided without Studio: true from this commit on,
   * whatever becomes of the process, until `settle` has an answer.
   *
   * @param decision the step, and the credits at stake in it.
   */
  async owe(
    tx: Tx,
    decision: { operation: DecisionOperation; amount: Credits },
    command: OutboxCommand,
  ): Promise<OwedCommand> {
    const { accountKey } = command;
    const rowId = await this.outbox.addCommand(tx, command);
    await this.decisions.record(tx, {
      eventId: rowId,
      operation: decision.operation,
      accountKey,
      commissionId: command.commissionId,
      amount: decision.amount,
      known: this.adapter.known(accountKey),
      reason: 'not_asked',
    });
    return { accountKey, rowId };
  }

  /** Tries to get an answer within the budget. Never fails the step: what is not answered stays in lane and book. */
  async settle({ accountKey, rowId }: OwedCommand): Promise<StudioAnswer> {
    const answer = await this.drainer.settleWithin(accountKey, rowId, this.config.studioStepBudgetMs);
    await this.uow.run(async (tx) => {
      if (isDefinitive(answer)) await this.decisions.withdraw(tx, rowId);
      else await this.decisions.explain(tx, rowId, answer.reason);
    });
    return answer;
  }
}
