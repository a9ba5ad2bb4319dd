import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.ts';
import { AccountQueries } from './account.queries.ts';
import { AccountResolver } from './account-selector.ts';
import { AccountStatusController } from './account-status.controller.ts';
import { AccountStore } from './account.store.ts';
import { ChangeAccount } from './change-account.ts';
import { ChangeAccountStatus } from './change-account-status.ts';
import { ChangeBillingMode } from './change-billing-mode.ts';
import { ChangeOverdraftLimit } from './change-overdraft-limit.ts';
import { ChangePaymentTerms } from './change-payment-terms.ts';
import { ModePlanQueries } from './mode-plan.queries.ts';
import { RehearseModeSwitch } from './rehearse-mode-switch.ts';
import { EnrolAccount } from './enrol-account.ts';
import { EnrolledAccounts } from './enrolled-accounts.ts';
import { AccountListQueries } from './account-list.queries.ts';
import { KnownAccounts } from './known-accounts.ts';

/** Accounts: who has credits, and by which policy. */
@Module({
  imports: [AuditModule],
  controllers: [AccountStatusController],
  providers: [
    AccountStore,
    AccountQueries,
    AccountListQueries,
    AccountResolver,
    EnrolledAccounts,
    KnownAccounts,
    EnrolAccount,
    ChangeAccount,
    ChangeAccountStatus,
    ChangeBillingMode,
    ChangeOverdraftLimit,
    ChangePaymentTerms,
    ModePlanQueries,
    RehearseModeSwitch,
  ],
  exports: [
    AccountQueries,
    AccountListQueries,
    AccountResolver,
    EnrolledAccounts,
    KnownAccounts,
    EnrolAccount,
    ChangeAccount,
    ChangeAccountStatus,
    ChangeBillingMode,
    ChangeOverdraftLimit,
    ChangePaymentTerms,
    RehearseModeSwitch,
  ],
})
export class AccountsModule {}
