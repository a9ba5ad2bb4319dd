import { Module } from '@nestjs/common';
import { CreateOnce } from '../../creating/create-once.ts';
import { AuditModule } from '../audit/audit.module.ts';
import { DirectoryModule } from '../directory/directory.module.ts';
import { StudioLinkModule } from '../studio-link/studio-link.module.ts';
import { ApprovalsController } from './approvals.controller.ts';
import { ApprovalsQueries } from './approvals.queries.ts';
import { ApproveCommission } from './approve-commission.ts';
import { CommissionRecorder } from './commission-recorder.ts';
import { CommissionStore } from './commission.store.ts';
import { CommissionsController } from './commissions.controller.ts';
import { CommissionQueries } from './commissions.queries.ts';
import { DeliverCommission } from './deliver-commission.ts';
import { EditCommission } from './edit-commission.ts';
import { RecoverApprovals } from './recover-approvals.ts';
import { ReturnCommission } from './return-commission.ts';
import { StudioStep } from './studio-step.ts';
import { SubmitCommission } from './submit-commission.ts';
import { WithdrawCommission } from './withdraw-commission.ts';

@Module({
  imports: [AuditModule, DirectoryModule, StudioLinkModule],
  controllers: [CommissionsController, ApprovalsController],
  providers: [
    CommissionStore,
    CommissionRecorder,
    CommissionQueries,
    ApprovalsQueries,
    CreateOnce,
    SubmitCommission,
    EditCommission,
    ApproveCommission,
    RecoverApprovals,
    ReturnCommission,
    WithdrawCommission,
    DeliverCommission,
    StudioStep,
  ],
})
export class CommissionsModule {}
