import { Injectable } from '@nestjs/common';
import { accountKeyFor } from '@tandem/contracts';
import { Clock } from '@tandem/platform/clock';
import { UnitOfWork, type Tx } from '@tandem/platform/database/unit-of-work';
import { checkVersion } from '../../editing/check-version.ts';
import type { Actor } from '../audit/actor.ts';
import { Outbox } from '../studio-link/outbox.ts';
import type { StudioAnswer } from '../studio-link/studio-answer.ts';
import { acceptanceKey, checkStep, type Commission } from './commission.ts';
import { CommissionRecorder } from './commission-recorder.ts';
import { CommissionStore } from './commission.store.ts';
import { StudioStep, type OwedCommand } from './studio-step.ts';

export type Withdrawal = 'reject' | 'cancel';

const WITHDRAWN = {
  reject: { state: 'REJECTED', event: 'rejected' },
  cancel: { state: 'CANCELLED', event: 'cancelled' },
} as const;

/** Rejects or cancels a commission. Either way its hold, if it may have one, is released. */
@Injectable()
export class WithdrawCommission {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly store: CommissionStore,
    private readonly recorder: CommissionRecorder,
    private readonly outbox: Outbox,
    private readonly studio: StudioStep,
    private readonly clock: Clock,
  ) {}

  /** @throws DomainError `invalid_transition`, `in_flight`, `stale_version`, `not_found`. */
  async run(
    actor: Actor,
    id: number,
    input: { kind: Withdrawal; reason: string; version: number | undefined },
  ): Promise<{ commission: Commission; answer: StudioAnswer | null }> {
    const { commission, release } = await this.uow.run(async (tx) => {
      const before = await this.store.lock(tx, id);
      const { state, event } = WITHDRAWN[input.kind];
      // A client that lost our answer asks again: it is done, and that is the answer.
      if (before.state === state) return { commission: before, release: null };
      checkVersion({ expected: input.version, actual: before.version });
      checkStep(before, input.kind);
      const withdrawn = await this.recorder.change(tx, actor, before, {
        event,
        change: { state, acceptanceOpen: false, decisionReason: input.reason },
        reason: input.reason,
        details: { acceptance: before.acceptance },
      });
      if (before.acceptanceOpen || (input.kind === 'cancel' && before.acceptance === 0)) {
        await this.tellStudio(tx, withdrawn, input.reason);
      }
      return {
        commission: withdrawn,
        release: before.acceptanceOpen ? await this.release(tx, actor, withdrawn, input.reason) : null,
      };
    });
    const answer = release === null ? null : await this.studio.settle(release);
    return { commission, answer };
  }

  private async tellStudio(tx: Tx, commission: Commission, reason: string): Promise<void> {
    await this.outbox.addEvent(tx, {
      accountKey: commission.accountKey ?? accountKeyFor(commission),
      type: 'commission_cancelled',
      payload: { commission_request_id: commission.id, status: commission.state, decision_reason: reason },
      idempotencyKey: acceptanceKey(`v1:commission_cancelled:${commission.id}`, commission.acceptance),
      occurredAt: this.clock.now(),
    });
  }

  /** The release follows its reserve in the same lane, so a reserve that still waits cannot leave an orphan hold. */
  private async release(tx: Tx, actor: Actor, commission: Commission, reason: string): Promise<OwedCommand> {
    if (commission.accountKey === null) throw new Error(`commission ${commission.id} has a hold but no account key`);
    return this.studio.owe(
      tx,
      { operation: 'cancel', amount: commission.creditCost },
      {
        accountKey: commission.accountKey,
        operation: 'release',
        idempotencyKey: acceptanceKey(`v1:credit_release:commission:${commission.id}`, commission.acceptance),
        commissionId: commission.id,
        acceptance: commission.acceptance,
        actingUser: actor.label,
        reason,
      },
    );
  }
}
