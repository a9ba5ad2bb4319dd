import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.ts';
import { LotQueries } from './lot.queries.ts';
import { LotsController } from './lots.controller.ts';
import { OperatorLotsController } from './operator-lots.controller.ts';
import { ReadLots } from './read-lots.ts';

/** Which credits came together, what is left of them, and where they went. */
@Module({
  imports: [AccountsModule],
  controllers: [LotsController, OperatorLotsController],
  providers: [LotQueries, ReadLots],
})
export class LotsModule {}
