import { Injectable } from '@nestjs/common';
import type { Tx } from '@tandem/platform/database/unit-of-work';
import type { Assignment } from './assignment.ts';
import { AssignmentEntity } from './assignment.entity.ts';
import { ClientEntity, PartnerEntity } from './party.entities.ts';
import type { Client, Party, PartyKind } from './party.ts';

const PARTY_ENTITIES = { partner: PartnerEntity, client: ClientEntity };

export type PartyFields = Pick<Party, 'name' | 'email' | 'active'>;
export type AssignmentFields = Pick<Assignment, 'code' | 'title' | 'clientId' | 'partnerId' | 'status'>;

/** All writes on partners, clients and assignments. */
@Injectable()
export class DirectoryStore {
  async insertPartner(tx: Tx, fields: PartyFields): Promise<number> {
    const { identifiers } = await tx.manager.insert(PartnerEntity, fields);
    return (identifiers[0] as { id: number }).id;
  }

  async insertClient(tx: Tx, fields: PartyFields & Pick<Client, 'workspaceId'>): Promise<number> {
    const { identifiers } = await tx.manager.insert(ClientEntity, fields);
    return (identifiers[0] as { id: number }).id;
  }

  /** Null when the code is taken: the unique index decides, also between two requests at once. */
  async insertAssignment(tx: Tx, fields: AssignmentFields): Promise<number | null> {
    const rows = await tx.query<{ id: number }>(
      `INSERT INTO assignments (code, title, client_id, partner_id, status) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (code) DO NOTHING RETURNING id`,
      [fields.code, fields.title, fields.clientId, fields.partnerId, fields.status],
    );
    return rows[0]?.id ?? null;
  }

  /** The row under its lock, so that the version check and the write see the same row. */
  lockParty(tx: Tx, kind: PartyKind, id: number): Promise<Party | null> {
    return tx.manager.findOne<PartnerEntity | ClientEntity>(PARTY_ENTITIES[kind], {
      where: { id },
      lock: { mode: 'pessimistic_write' },
    });
  }

  lockAssignment(tx: Tx, id: number): Promise<Assignment | null> {
    return tx.manager.findOne(AssignmentEntity, { where: { id }, lock: { mode: 'pessimistic_write' } });
  }

  async updateParty(tx: Tx, kind: PartyKind, party: Party, change: Partial<PartyFields>): Promise<void> {
    await tx.manager.update<PartnerEntity | ClientEntity>(
      PARTY_ENTITIES[kind],
      { id: party.id },
      {
        ...change,
        version: party.version + 1,
        updatedAt: () => 'now()',
      },
    );
  }

  async updateAssignment(
    tx: Tx,
    assignment: Assignment,
    change: Partial<Omit<AssignmentFields, 'code'>>,
  ): Promise<void> {
    await tx.manager.update(
      AssignmentEntity,
      { id: assignment.id },
      {
        ...change,
        version: assignment.version + 1,
        updatedAt: () => 'now()',
      },
    );
  }
}
