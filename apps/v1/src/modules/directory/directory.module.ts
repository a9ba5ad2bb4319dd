import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.ts';
import { AssignmentsController } from './assignments.controller.ts';
import { ClientsController } from './clients.controller.ts';
import { CreateAssignment } from './create-assignment.ts';
import { CreateParty } from './create-party.ts';
import { DirectoryQueries } from './directory.queries.ts';
import { DirectoryStore } from './directory.store.ts';
import { PartnersController } from './partners.controller.ts';
import { UpdateAssignment } from './update-assignment.ts';
import { UpdateParty } from './update-party.ts';

@Module({
  imports: [AuditModule],
  controllers: [PartnersController, ClientsController, AssignmentsController],
  providers: [CreateParty, UpdateParty, CreateAssignment, UpdateAssignment, DirectoryStore, DirectoryQueries],
  exports: [DirectoryQueries],
})
export class DirectoryModule {}
