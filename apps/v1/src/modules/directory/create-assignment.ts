import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '@tandem/platform/database/unit-of-work';
import type { Actor } from '../audit/actor.ts';
import { AuditTrail } from '../audit/audit-trail.ts';
import { AssignmentCodeTakenError } from './directory.errors.ts';
import { DirectoryQueries } from './directory.queries.ts';
import { type AssignmentFields, DirectoryStore } from './directory.store.ts';

/** Opens an assignment. */
@Injectable()
export class CreateAssignment {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly directory: DirectoryStore,
    private readonly queries: DirectoryQueries,
    private readonly audit: AuditTrail,
  ) {}

  /**
   * Returns the new row's id.
   * @throws DomainError `already_exists` for a code in use, ValidationError for an unknown client or partner.
   */
  run(actor: Actor, fields: AssignmentFields): Promise<number> {
    return this.unitOfWork.run(async (tx) => {
      await this.queries.requireParties(tx, fields);
      const id = await this.directory.insertAssignment(tx, fields);
      if (id === null) throw new AssignmentCodeTakenError(fields.code);
      await this.audit.record(tx, {
        eventType: 'assignment_created',
        actor,
        customerId: fields.clientId,
        data: { id, ...fields },
      });
      return id;
    });
  }
}
