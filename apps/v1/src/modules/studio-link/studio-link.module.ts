import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.ts';
import { CompareHeads } from './compare-heads.ts';
import { DecisionBook } from './decision-book.ts';
import { LaneDrainer } from './lane-drainer.ts';
import { LaneSweeper } from './lane-sweeper.ts';
import { LaneRowQueries } from './lane-rows.queries.ts';
import { LaneStore } from './lane.store.ts';
import { LinkState } from './link-state.ts';
import { Outbox } from './outbox.ts';
import { ResolveParkedRow } from './resolve-parked-row.ts';
import { SetbackStore } from './setback.store.ts';
import { StatusCache } from './status-cache.ts';
import { StudioBillingAdapter } from './studio-billing-adapter.ts';
import { StudioHttp } from './studio-http.ts';
import { StudioLinkController } from './studio-link.controller.ts';
import { StudioLinkQueries } from './studio-link.queries.ts';
import { WatchHeads } from './watch-heads.ts';

@Module({
  imports: [AuditModule],
  controllers: [StudioLinkController],
  providers: [
    Outbox,
    LaneStore,
    LaneRowQueries,
    LaneDrainer,
    LaneSweeper,
    DecisionBook,
    LinkState,
    StatusCache,
    StudioHttp,
    StudioBillingAdapter,
    StudioLinkQueries,
    ResolveParkedRow,
    SetbackStore,
    CompareHeads,
    WatchHeads,
  ],
  exports: [Outbox, LaneRowQueries, LaneDrainer, DecisionBook, LinkState, StudioBillingAdapter, StudioLinkQueries],
})
export class StudioLinkModule {}
