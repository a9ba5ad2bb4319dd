import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '@tandem/platform/database/unit-of-work';
import { checkVersion } from '../../editing/check-version.ts';
import type { Actor } from '../audit/actor.ts';
import { AuditTrail } from '../audit/audit-trail.ts';
import { DirectoryRowNotFoundError } from './directory.errors.ts';
import { DirectoryQueries } from './directory.queries.ts';
import { type AssignmentFields, DirectoryStore } from './directory.store.ts';

export interface AssignmentEdit {
  readonly id: number;
  /** Version the editor saw. */
  readonly version: number;
  readonly change: Partial<Omit<AssignmentFields, 'code'>>;
}

/** Changes title, status, client or partner of an assignment. Its code is what people call it and stays. */
@Injectable()
export class UpdateAssignment {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly directory: DirectoryStore,
    private readonly queries: DirectoryQueries,
    private readonly audit: AuditTrail,
  ) {}

  /** @throws DomainError `not_found`, `stale_version`; ValidationError for an unknown client or partner. */
  run(actor: Actor, { id, version, change }: AssignmentEdit): Promise<void> {
    return this.unitOfWork.run(async (tx) => {
      const assignment = await this.directory.lockAssignment(tx, id);
      if (assignment === null) throw new DirectoryRowNotFoundError('assignment');
      checkVersion({ expected: version, actual: assignment.version });
      await this.queries.requireParties(tx, change);
      await this.directory.updateAssignment(tx, assignment, change);
      await this.audit.record(tx, {
        eventType: 'assignment_updated',
        actor,
        customerId: change.clientId ?? assignment.clientId,
        data: { id, change },
      });
    });
  }
}
