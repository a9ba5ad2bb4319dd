import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '@tandem/platform/database/unit-of-work';
import { type Created, CreateOnce } from '../../creating/create-once.ts';
import type { Actor } from '../audit/actor.ts';
import { DirectoryQueries, type DocumentParties } from '../directory/directory.queries.ts';
import { CommissionRecorder } from './commission-recorder.ts';
import { CommissionStore, type NewCommission } from './commission.store.ts';
import { requirePayer } from './commission.ts';

/** A client or partner left out (undefined) is the assignment's, null means none. */
export type CommissionRequest = Omit<NewCommission, keyof DocumentParties> & {
  readonly [Party in keyof DocumentParties]?: number | null | undefined;
};

/** Takes in a request for work. */
@Injectable()
export class SubmitCommission {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly store: CommissionStore,
    private readonly recorder: CommissionRecorder,
    private readonly directory: DirectoryQueries,
    private readonly createOnce: CreateOnce,
  ) {}

  /**
   * Makes the commission once: a repeat of the request gets the first one.
   * @throws ValidationError when no account could pay for it, or a row it refers to does not exist; DomainError
   *   `idempotency_key_reused`.
   */
  async run(actor: Actor, request: CommissionRequest, idempotencyKey: string | null): Promise<Created> {
    requirePayer(request);
    const creation = { operation: 'submit_commission', idempotencyKey, request } as const;
    return this.uow.run((tx) =>
      this.createOnce.run(tx, actor, creation, async () => {
        const parties = await this.directory.resolveParties(tx, request);
        const commission = await this.store.insert(tx, { ...request, ...parties });
        await this.recorder.say(tx, actor, commission, { event: 'submitted', reason: null });
        return commission.id;
      }),
    );
  }
}
