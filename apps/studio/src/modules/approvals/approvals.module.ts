import { Module, type OnModuleInit } from '@nestjs/common';
import { JobTasks } from '@tandem/platform/jobs/job-tasks';
import { AccountsModule } from '../accounts/accounts.module.ts';
import { AuditModule } from '../audit/audit.module.ts';
import { CommandLookupQueries } from '../ledger/command-lookup.queries.ts';
import { LedgerModule } from '../ledger/ledger.module.ts';
import { ApprovalsController } from './approvals.controller.ts';
import { CloseAct } from './close-act.ts';
import { DecideApproval } from './decide-approval.ts';
import { FinishActs } from './finish-acts.ts';
import { OperatorActsQueries } from './operator-acts.queries.ts';
import { OperatorActsStore } from './operator-acts.store.ts';
import { PerformAct } from './perform-act.ts';
import { RunAct } from './run-act.ts';

const FINISH_ACTS_TASK = 'finish-operator-acts';

/** Once a minute. */
export const FINISH_ACTS_CRONTAB = `* * * * * ${FINISH_ACTS_TASK} ?max=1 {"after_seconds":10}`;

/** What operators do to credits: alone up to a limit, above it with a second person. */
@Module({
  imports: [AccountsModule, AuditModule, LedgerModule],
  controllers: [ApprovalsController],
  providers: [
    OperatorActsStore,
    OperatorActsQueries,
    CommandLookupQueries,
    CloseAct,
    RunAct,
    PerformAct,
    DecideApproval,
    FinishActs,
  ],
  exports: [PerformAct, OperatorActsQueries, CommandLookupQueries],
})
export class ApprovalsModule implements OnModuleInit {
  constructor(
    private readonly tasks: JobTasks,
    private readonly finishActs: FinishActs,
  ) {}

  onModuleInit(): void {
    this.tasks.register(FINISH_ACTS_TASK, async () => {
      await this.finishActs.run();
    });
  }
}
