import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '@tandem/platform/database/unit-of-work';
import { checkVersion } from '../../editing/check-version.ts';
import type { Actor } from '../audit/actor.ts';
import { DirectoryQueries } from '../directory/directory.queries.ts';
import { checkStep, requirePayer, type Commission } from './commission.ts';
import { CommissionRecorder } from './commission-recorder.ts';
import { CommissionStore } from './commission.store.ts';

export interface CommissionEdit {
  readonly version: number;
  readonly title?: string | undefined;
  readonly partnerId?: number | null | undefined;
  readonly clientId?: number | null | undefined;
}

/** Corrects a commission. Who pays does not follow: the account key was stamped at approval. */
@Injectable()
export class EditCommission {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly store: CommissionStore,
    private readonly recorder: CommissionRecorder,
    private readonly directory: DirectoryQueries,
  ) {}

  /**
   * @throws DomainError `stale_version`, `not_found`, `in_flight`, `invalid_transition`; ValidationError for an unknown
   *   partner or client, a client who is not the assignment's, and when nobody would be left to pay.
   */
  async run(actor: Actor, id: number, { version, ...change }: CommissionEdit): Promise<Commission> {
    return this.uow.run(async (tx) => {
      const commission = await this.store.lock(tx, id);
      checkVersion({ expected: version, actual: commission.version });
      checkStep(commission, 'edit');
      const corrected = {
        partnerId: change.partnerId === undefined ? commission.partnerId : change.partnerId,
        clientId: change.clientId === undefined ? commission.clientId : change.clientId,
        assignmentId: commission.assignmentId,
      };
      requirePayer(corrected);
      // Only a new client is held against the assignment: which client that belongs to may have been corrected since.
      if (change.clientId === undefined) await this.directory.requireParties(tx, change);
      else await this.directory.resolveParties(tx, corrected);
      return this.recorder.change(tx, actor, commission, { event: 'edited', change, reason: null, details: change });
    });
  }
}
