import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '@tandem/platform/database/unit-of-work';
import { checkVersion } from '../../editing/check-version.ts';
import type { Actor } from '../audit/actor.ts';
import { DirectoryQueries } from '../directory/directory.queries.ts';
import type { Commission } from './commission.ts';
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

  /** @throws DomainError `stale_version`, `not_found`; ValidationError for an unknown partner or client. */
  async run(actor: Actor, id: number, { version, ...change }: CommissionEdit): Promise<Commission> {
    return this.uow.run(async (tx) => {
      const commission = await this.store.lock(tx, id);
      checkVersion({ expected: version, actual: commission.version });
      await this.directory.requireParties(tx, change);
      return this.recorder.change(tx, actor, commission, { event: 'edited', change, reason: null, details: change });
    });
  }
}
