import { Injectable } from '@nestjs/common';
import { creditsToNumber, fromMicroCredits, type BillingMode, type Credits } from '@tandem/contracts';
import { availableOf } from './account.convert.ts';
import { accountNotEnrolled } from './account.errors.ts';
import { AccountQueries } from './account.queries.ts';
import { backTest, needsPlan, planDigestOf, type WorkInFlight } from './mode-plan.ts';
import { ModePlanQueries, type ShownWork } from './mode-plan.queries.ts';
import type { ModeRehearsal, PastWorkSum, WorkInFlightSum } from './mode-rehearsal.dto.ts';

/** Says what a switch of the billing mode would mean, and gives the digest the switch is asked with. */
@Injectable()
export class RehearseModeSwitch {
  constructor(
    private readonly accounts: AccountQueries,
    private readonly plans: ModePlanQueries,
  ) {}

  /** @throws DomainError `account_not_enrolled` */
  async run(accountId: string, target: BillingMode, days: number): Promise<ModeRehearsal> {
    const state = await this.plans.state(accountId);
    const account = await this.accounts.byId(accountId);
    if (!state || !account) throw accountNotEnrolled();
    const [shown, past] = await Promise.all([this.plans.shown(accountId), this.plans.pastWork(accountId, days)]);
    const available = availableOf(account);
    const spendable = fromMicroCredits(available + state.overdraftLimit);
    const test = backTest(past.work, target, spendable);
    return {
      from: state.billingMode,
      to: target,
      plan_digest: planDigestOf(accountId, target, state),
      plan_required: state.billingMode !== target && needsPlan(state),
      version: state.version,
      available: creditsToNumber(available),
      overdraft_limit: creditsToNumber(state.overdraftLimit),
      needs_force: state.billingMode !== target && target === 'CREDIT' && available <= 0n,
      open_holds: toSum(state.openHolds, shown.holds),
      work_in_flight: toSum(state.ignoredWork, shown.ignored),
      holds_needed: creditsToNumber(state.ignoredWork.credits),
      holds_covered: spendable >= state.ignoredWork.credits,
      back_test: {
        days,
        is_complete: past.isComplete,
        held: toPastSum(test.held),
        refused: toPastSum(test.refused),
        invoiced: toPastSum(test.invoiced),
        first_refused_at: test.firstRefusedAt?.toISOString() ?? null,
      },
    };
  }
}

function toSum(work: WorkInFlight, first: readonly ShownWork[]): WorkInFlightSum {
  return {
    count: work.count,
    credits: creditsToNumber(work.credits),
    without_amount: work.withoutAmount,
    first: first.map(({ amount_micro, since, expires_at, ...reference }) => ({
      ...reference,
      amount: amount_micro === null ? null : creditsToNumber(fromMicroCredits(amount_micro)),
      since: since.toISOString(),
      expires_at: expires_at?.toISOString() ?? null,
    })),
  };
}

function toPastSum({ count, credits }: { count: number; credits: Credits }): PastWorkSum {
  return { count, credits: creditsToNumber(credits) };
}
