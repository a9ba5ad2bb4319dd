import { Injectable } from '@nestjs/common';
import { Clock } from '@tandem/platform/clock';
import { UnitOfWork, type Tx } from '@tandem/platform/database/unit-of-work';
import { checkVersion } from '../../editing/check-version.ts';
import type { Actor } from '../audit/actor.ts';
import { DirectoryQueries } from '../directory/directory.queries.ts';
import { Outbox } from '../studio-link/outbox.ts';
import type { StudioAnswer } from '../studio-link/studio-answer.ts';
import { checkStep, type Commission } from './commission.ts';
import { CommissionRecorder } from './commission-recorder.ts';
import { CommissionStore } from './commission.store.ts';
import { StudioStep, type OwedCommand } from './studio-step.ts';

/** Hands the work over. Delivery is never refused for credits: what a wallet cannot cover becomes a shortfall at Studio. */
@Injectable()
export class DeliverCommission {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly store: CommissionStore,
    private readonly recorder: CommissionRecorder,
    private readonly directory: DirectoryQueries,
    private readonly outbox: Outbox,
    private readonly studio: StudioStep,
    private readonly clock: Clock,
  ) {}

  /** @throws DomainError `invalid_transition`, `in_flight`, `stale_version`, `not_found`. */
  async run(
    actor: Actor,
    id: number,
    input: { documentId: string | null; version: number | undefined },
  ): Promise<{ commission: Commission; answer: StudioAnswer | null }> {
    const { commission, consume } = await this.uow.run(async (tx) => {
      const before = await this.store.lock(tx, id);
      // A client that lost our answer asks again: the work is delivered, and that is the answer.
      if (before.state === 'DELIVERED') return { commission: before, consume: null };
      checkVersion({ expected: input.version, actual: before.version });
      checkStep(before, 'deliver');
      const deliverable = await this.store.insertDeliverable(tx, id, input.documentId);
      const delivered = await this.recorder.change(tx, actor, before, {
        event: 'delivered',
        change: { state: 'DELIVERED', acceptanceOpen: false },
        reason: null,
        details: { deliverable_id: deliverable.id, document_id: input.documentId },
      });
      return {
        commission: delivered,
        consume: await this.tellStudio(tx, actor, delivered, deliverable.id, input),
      };
    });
    return { commission, answer: consume === null ? null : await this.studio.settle(consume) };
  }

  private async tellStudio(
    tx: Tx,
    actor: Actor,
    commission: Commission,
    deliverableId: number,
    { documentId }: { documentId: string | null },
  ): Promise<OwedCommand> {
    const { accountKey, assignmentId, acceptance } = commission;
    if (accountKey === null) throw new Error(`commission ${commission.id} was approved without an account key`);
    const assignment = assignmentId === null ? null : await this.directory.assignmentById(tx, assignmentId);
    const releasedAt = this.clock.now();
    await this.outbox.addEvent(tx, {
      accountKey,
      type: 'deliverables_released',
      payload: {
        assignment_id: assignmentId,
        assignment_code: assignment?.code ?? null,
        document_id: documentId,
        deliverable_id: deliverableId,
        released_at: releasedAt.toISOString(),
      },
      idempotencyKey: `v1:deliverables_released:${deliverableId}`,
      occurredAt: releasedAt,
    });
    return this.studio.owe(
      tx,
      { operation: 'deliver', amount: commission.creditCost },
      {
        accountKey,
        operation: 'consume',
        idempotencyKey: `v1:credit_consume:deliverable:${deliverableId}`,
        commissionId: commission.id,
        acceptance,
        amount: commission.creditCost,
        actingUser: actor.label,
      },
    );
  }
}
