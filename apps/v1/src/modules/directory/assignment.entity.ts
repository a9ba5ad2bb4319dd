import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import type { AssignmentStatus } from './assignment.ts';

@Entity('assignments')
export class AssignmentEntity {
  @PrimaryGeneratedColumn('identity', { generatedIdentity: 'ALWAYS' })
  id: number;

  @Column('text')
  code: string;

  @Column('text')
  title: string;

  @Column('integer', { name: 'client_id', nullable: true })
  clientId: number | null;

  @Column('integer', { name: 'partner_id', nullable: true })
  partnerId: number | null;

  @Column('text')
  status: AssignmentStatus;

  @Column('integer')
  version: number;

  @Column('timestamptz', { name: 'created_at' })
  createdAt: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt: Date;
}
