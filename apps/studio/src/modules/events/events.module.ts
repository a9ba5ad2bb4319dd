import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.ts';
import { EventStore } from './event.store.ts';
import { EventsController } from './events.controller.ts';
import { IngestBillingEvents } from './ingest-billing-events.ts';

/** Event intake. */
@Module({
  imports: [AccountsModule],
  controllers: [EventsController],
  providers: [EventStore, IngestBillingEvents],
})
export class EventsModule {}
