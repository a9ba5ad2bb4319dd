import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '@tandem/platform/database/unit-of-work';
import { ValidationError } from '@tandem/platform/errors';
import type { Actor } from '../audit/actor.ts';
import { DirectoryQueries } from '../directory/directory.queries.ts';
import type { Commission } from './commission.ts';
import { CommissionRecorder } from './commission-recorder.ts';
import { CommissionStore, type NewCommission } from './commission.store.ts';

/** Takes in a request for work. */
@Injectable()
export class SubmitCommission {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly store: CommissionStore,
    private readonly recorder: CommissionRecorder,
    private readonly directory: DirectoryQueries,
  ) {}

  /** @throws ValidationError when no account could pay for it, or a row it refers to does not exist. */
  async run(actor: Actor, fields: NewCommission): Promise<Commission> {
    if (fields.partnerId === null && fields.clientId === null && fields.assignmentId === null) {
      throw new ValidationError([
        { path: 'partner_id', message: 'partner_id, client_id or assignment_id is required' },
      ]);
    }
    return this.uow.run(async (tx) => {
      await this.directory.requireParties(tx, fields);
      if (fields.assignmentId !== null && (await this.directory.assignmentById(tx, fields.assignmentId)) === null) {
        throw new ValidationError([{ path: 'assignment_id', message: 'assignment_id does not name an assignment' }]);
      }
      const commission = await this.store.insert(tx, fields);
      await this.recorder.say(tx, actor, commission, { event: 'submitted', reason: null });
      return commission;
    });
  }
}
