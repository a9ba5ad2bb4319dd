import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.ts';
import { ExplainModule } from '../explain/explain.module.ts';
import { LedgerModule } from '../ledger/ledger.module.ts';
import { OperatorStatementsController } from './operator-statements.controller.ts';
import { ReadStatements } from './read-statements.ts';
import { StatementQueries } from './statement.queries.ts';
import { StatementsController } from './statements.controller.ts';

/** Months of an account, and its movements as files. */
@Module({
  imports: [AccountsModule, ExplainModule, LedgerModule],
  controllers: [StatementsController, OperatorStatementsController],
  providers: [ReadStatements, StatementQueries],
})
export class StatementsModule {}
