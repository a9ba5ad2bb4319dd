import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.ts';
import { ReadTimeline } from './read-timeline.ts';
import { TimelineController } from './timeline.controller.ts';
import { TimelineQueries } from './timeline.queries.ts';

/** The read model of everything that happened to an account. */
@Module({
  imports: [AccountsModule],
  controllers: [TimelineController],
  providers: [TimelineQueries, ReadTimeline],
  exports: [ReadTimeline],
})
export class TimelineModule {}
