import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

abstract class PartyColumns {
  @PrimaryGeneratedColumn('identity', { generatedIdentity: 'ALWAYS' })
  id: number;

  @Column('text')
  name: string;

  @Column('text', { nullable: true })
  email: string | null;

  @Column('boolean')
  active: boolean;

  @Column('integer')
  version: number;

  @Column('timestamptz', { name: 'created_at' })
  createdAt: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt: Date;
}

@Entity('partners')
export class PartnerEntity extends PartyColumns {}

@Entity('clients')
export class ClientEntity extends PartyColumns {
  @Column('uuid', { name: 'workspace_id' })
  workspaceId: string;
}
