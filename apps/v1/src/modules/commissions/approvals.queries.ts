import { Injectable } from '@nestjs/common';
import {
  accountKeyFor,
  creditsOfFigure,
  creditsToNumber,
  type BillingMode,
  type CreditFigures,
  type ExternalKey,
} from '@tandem/contracts';
import { V1Config } from '../../config/config.ts';
import { StudioBillingAdapter, type BillingStatus } from '../studio-link/studio-billing-adapter.ts';
import { CommissionQueries, type CommissionWithFunding } from './commissions.queries.ts';
import type { Commission } from './commission.ts';

const OPEN_COMMISSIONS_MAX = 500;

/** What staff see beside the decision: mode, credits, and whether the gate is shut. */
export interface Affordability {
  readonly accountKey: ExternalKey;
  readonly billingMode: BillingMode;
  readonly accountStatus: string;
  readonly credit: CreditFigures;
  /** False: the figures are old, or nobody gave any; then nothing is gated. */
  readonly fresh: boolean;
  readonly ageSeconds: number | null;
  readonly notEnrolled: boolean;
  readonly canUseCredits: boolean;
  readonly insufficientCredits: boolean;
  /** Disables the approve button, with this reason, only on a fresh and successful status (TR-11). */
  readonly gate: { readonly shut: boolean; readonly reason: string | null; readonly shortfall: number };
}

export interface ApprovalsPage {
  readonly approvals: readonly { commission: CommissionWithFunding; affordability: Affordability }[];
  readonly studio: { readonly reachable: boolean; readonly reason: string | null };
}

/** Open commissions with what their accounts can afford, for one call to Studio a page. */
@Injectable()
export class ApprovalsQueries {
  constructor(
    private readonly commissions: CommissionQueries,
    private readonly adapter: StudioBillingAdapter,
    private readonly config: V1Config,
  ) {}

  async page(): Promise<ApprovalsPage> {
    const open = await this.commissions.open(OPEN_COMMISSIONS_MAX);
    const keys = [...new Set(open.map(payer))];
    const { byKey, failure } = await this.adapter.getBillingStatuses(keys, {
      timeoutMs: this.config.studioStepBudgetMs,
    });
    const approvals = open.map((commission) => {
      const key = payer(commission);
      return {
        commission,
        affordability: this.assess(commission, byKey.get(key) ?? this.adapter.known(key), failure === null),
      };
    });
    return { approvals, studio: { reachable: failure === null, reason: failure?.reason ?? null } };
  }

  async affordability(commission: Commission): Promise<Affordability> {
    const key = payer(commission);
    const { byKey, failure } = await this.adapter.getBillingStatuses([key], {
      timeoutMs: this.config.studioStepBudgetMs,
    });
    return this.assess(commission, byKey.get(key) ?? this.adapter.known(key), failure === null);
  }

  private assess(commission: Commission, known: BillingStatus, answered: boolean): Affordability {
    const { status } = known;
    const billingMode = status?.billing_mode ?? this.config.defaultBillingMode;
    const credit = status?.credit ?? { wallet: 0, reserved: 0, available: 0 };
    const missing = commission.creditCost - creditsOfFigure(credit.available);
    const isCredit = status !== null && billingMode === 'CREDIT';
    const short = isCredit && missing > 0n && !commission.acceptanceOpen;
    const fresh = known.fresh && answered;
    return {
      accountKey: known.key,
      billingMode,
      accountStatus: status?.account_status ?? 'UNENROLLED',
      credit,
      fresh,
      ageSeconds: known.ageSeconds,
      notEnrolled: known.notEnrolled,
      canUseCredits: isCredit && status.account_status === 'ACTIVE' && missing <= 0n,
      insufficientCredits: short,
      gate: {
        shut: short && fresh,
        reason: short && fresh ? 'insufficient_credits' : null,
        shortfall: short && fresh ? creditsToNumber(missing) : 0,
      },
    };
  }
}

function payer(commission: Commission): ExternalKey {
  return commission.accountKey ?? accountKeyFor(commission);
}
