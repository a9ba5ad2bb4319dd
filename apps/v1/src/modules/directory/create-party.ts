import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '@tandem/platform/database/unit-of-work';
import type { Actor } from '../audit/actor.ts';
import { AuditTrail } from '../audit/audit-trail.ts';
import { DirectoryStore, type PartyFields } from './directory.store.ts';
import type { PartyKind } from './party.ts';

/** Adds a partner or a client to the directory. */
@Injectable()
export class CreateParty {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly directory: DirectoryStore,
    private readonly audit: AuditTrail,
  ) {}

  /** Returns the new row's id. */
  run(actor: Actor, kind: PartyKind, fields: PartyFields): Promise<number> {
    return this.unitOfWork.run(async (tx) => {
      const id =
        kind === 'partner'
          ? await this.directory.insertPartner(tx, fields)
          : await this.directory.insertClient(tx, { ...fields, workspaceId: randomUUID() });
      await this.audit.record(tx, {
        eventType: `${kind}_created`,
        actor,
        customerId: kind === 'client' ? id : null,
        data: { id, ...fields },
      });
      return id;
    });
  }
}
