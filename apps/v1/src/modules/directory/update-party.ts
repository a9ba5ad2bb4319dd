import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '@tandem/platform/database/unit-of-work';
import { checkVersion } from '../../editing/check-version.ts';
import type { Actor } from '../audit/actor.ts';
import { AuditTrail } from '../audit/audit-trail.ts';
import { DirectoryRowNotFoundError } from './directory.errors.ts';
import { DirectoryStore, type PartyFields } from './directory.store.ts';
import type { PartyKind } from './party.ts';

export interface PartyEdit {
  readonly kind: PartyKind;
  readonly id: number;
  /** Version the editor saw. */
  readonly version: number;
  readonly change: Partial<PartyFields>;
}

/** Changes name, e-mail or activity of a partner or client. */
@Injectable()
export class UpdateParty {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly directory: DirectoryStore,
    private readonly audit: AuditTrail,
  ) {}

  /** @throws DomainError `not_found`, `stale_version`. */
  run(actor: Actor, { kind, id, version, change }: PartyEdit): Promise<void> {
    return this.unitOfWork.run(async (tx) => {
      const party = await this.directory.lockParty(tx, kind, id);
      if (party === null) throw new DirectoryRowNotFoundError(kind);
      checkVersion({ expected: version, actual: party.version });
      await this.directory.updateParty(tx, kind, party, change);
      await this.audit.record(tx, {
        eventType: `${kind}_updated`,
        actor,
        customerId: kind === 'client' ? id : null,
        data: { id, change },
      });
    });
  }
}
