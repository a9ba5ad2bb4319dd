import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.ts';
import { LedgerModule } from '../ledger/ledger.module.ts';
import { BookFiguresQueries } from './book-figures.queries.ts';
import { ExplainAccount } from './explain-account.ts';
import { ExplainController } from './explain.controller.ts';
import { ExplanationQueries } from './explanation.queries.ts';
import { FindOpenHolds } from './find-open-holds.ts';
import { LotsLeftQueries } from './lots-left.queries.ts';
import { OperatorExplainController } from './operator-explain.controller.ts';

/** Figures of an account at any moment, and why they were so. */
@Module({
  imports: [AccountsModule, LedgerModule],
  controllers: [ExplainController, OperatorExplainController],
  providers: [ExplainAccount, BookFiguresQueries, ExplanationQueries, FindOpenHolds, LotsLeftQueries],
  exports: [BookFiguresQueries, LotsLeftQueries],
})
export class ExplainModule {}
