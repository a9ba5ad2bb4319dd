import { Injectable } from '@nestjs/common';
import type { BillingMode } from '@tandem/contracts';
import type { Tx } from '@tandem/platform/database/unit-of-work';
import { availableOf, type AccountSqlRow } from './account.convert.ts';
import { accountNotEnrolled, creditModeNeedsCredits, planRequired, stalePlan } from './account.errors.ts';
import { AccountStore } from './account.store.ts';
import { ChangeAccount, type AccountEdit } from './change-account.ts';
import { needsPlan, planDigestOf } from './mode-plan.ts';
import { ModePlanQueries } from './mode-plan.queries.ts';

/**
 * Switches how new work of an account is paid, from now on. Open holds live on: work that was accepted follows its own
 * funding decision, not today's mode.
 */
@Injectable()
export class ChangeBillingMode {
  constructor(
    private readonly changeAccount: ChangeAccount,
    private readonly accounts: AccountStore,
    private readonly plans: ModePlanQueries,
  ) {}

  /**
   * Nothing is written when the account already has the mode.
   * @param options.planDigest of a rehearsal; required when holds are open or work is in flight
   * @throws DomainError `plan_required`, `stale_plan` when anything the rehearsal saw has changed,
   *   `credit_mode_needs_credits` for CREDIT with nothing available, unless forced
   */
  async run(
    edit: AccountEdit,
    billingMode: BillingMode,
    options: { readonly force: boolean; readonly planDigest?: string | undefined },
  ): Promise<AccountSqlRow> {
    return this.changeAccount.run(edit, async (current, tx) => {
      if (current.billing_mode === billingMode) return undefined;
      await this.checkPlan(tx, edit.accountId, billingMode, options.planDigest);
      // The wallet is locked, so no command can spend the credits between this check and the switch.
      if (billingMode === 'CREDIT' && !options.force && availableOf(current) <= 0n) throw creditModeNeedsCredits();
      return {
        change: {
          kind: 'MODE_CHANGED',
          before: { billing_mode: current.billing_mode },
          after: { billing_mode: billingMode, force: options.force, plan_digest: options.planDigest },
        },
        write: () => this.accounts.setBillingMode(tx, edit.accountId, billingMode),
      };
    });
  }

  /** Account and wallet are locked: what is compared here is what the switch finds. */
  private async checkPlan(tx: Tx, accountId: string, target: BillingMode, digest: string | undefined): Promise<void> {
    const state = await this.plans.stateWithin(tx, accountId);
    if (!state) throw accountNotEnrolled();
    if (digest === undefined) {
      if (needsPlan(state)) throw planRequired(state.openHolds.count, state.ignoredWork.count);
    } else if (digest !== planDigestOf(accountId, target, state)) {
      throw stalePlan();
    }
  }
}
