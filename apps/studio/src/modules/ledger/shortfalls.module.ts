import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.ts';
import { CloseShortfall } from './close-shortfall.ts';
import { ReadShortfalls } from './read-shortfalls.ts';
import { ShortfallQueries } from './shortfall.queries.ts';
import { ShortfallStore } from './shortfall.store.ts';
import { ShortfallsController } from './shortfalls.controller.ts';

/** What becomes of charges that could not be covered. Paying one from the wallet is a command of the ledger. */
@Module({
  imports: [AuditModule],
  controllers: [ShortfallsController],
  providers: [ShortfallStore, ShortfallQueries, CloseShortfall, ReadShortfalls],
  exports: [CloseShortfall, ReadShortfalls],
})
export class ShortfallsModule {}
