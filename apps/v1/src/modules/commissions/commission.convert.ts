import { creditsToNumber } from '@tandem/contracts';
import { formatMoney } from '../../money/money.ts';
import { isDefinitive, type StudioAnswer } from '../studio-link/studio-answer.ts';
import type { Affordability } from './approvals.queries.ts';
import type { CommissionTimelineRow, CommissionWithFunding, Funding } from './commissions.queries.ts';
import type {
  ApprovalRow,
  CommissionBillingStatus,
  CommissionBody,
  CommissionFunding,
  CommissionTimelineEntry,
  FundingState,
  StudioPart,
} from './commission.dto.ts';
import type { Commission } from './commission.ts';

const FUNDING_BY_REASON: Readonly<Record<string, FundingState>> = {
  ok: 'held',
  ignored_by_policy: 'ignored',
  not_enrolled: 'not_enrolled',
};

function toFunding({ rowState, reason, code }: Funding): CommissionFunding {
  if (rowState === null || rowState === 'skipped') return { state: 'none', code: null };
  if (rowState === 'pending') return { state: 'queued', code: null };
  if (rowState === 'parked') return { state: 'parked', code };
  return { state: FUNDING_BY_REASON[reason ?? ''] ?? 'refused', code };
}

export function toCommissionBody(commission: CommissionWithFunding): CommissionBody {
  return {
    id: commission.id,
    title: commission.title,
    partner_id: commission.partnerId,
    client_id: commission.clientId,
    assignment_id: commission.assignmentId,
    fees: commission.feesMinor === null ? null : formatMoney(commission.feesMinor, commission.currency),
    currency: commission.currency,
    credit_cost: creditsToNumber(commission.creditCost),
    state: commission.state,
    external_key: commission.accountKey,
    acceptance: commission.acceptance,
    funding: toFunding(commission.funding),
    override: commission.override,
    decision_reason: commission.decisionReason,
    version: commission.version,
    created_at: commission.createdAt.toISOString(),
    updated_at: commission.updatedAt.toISOString(),
  };
}

export function toTimelineEntry(row: CommissionTimelineRow): CommissionTimelineEntry {
  return {
    event: row.event,
    actor: row.actor,
    reason: row.reason,
    details: row.details,
    at: row.createdAt.toISOString(),
  };
}

export function toStudioPart(answer: StudioAnswer | null): StudioPart | null {
  return answer === null ? null : { reason: answer.reason, settled: isDefinitive(answer) };
}

export function toApprovalRow(commission: CommissionWithFunding, affordability: Affordability): ApprovalRow {
  return {
    ...toCommissionBody(commission),
    account_key: affordability.accountKey,
    billing_mode: affordability.billingMode,
    account_status: affordability.accountStatus,
    credit: affordability.credit,
    fresh: affordability.fresh,
    age_seconds: affordability.ageSeconds,
    not_enrolled: affordability.notEnrolled,
    gate: affordability.gate,
  };
}

export function toBillingStatus(commission: Commission, affordability: Affordability): CommissionBillingStatus {
  const { wallet, reserved, available } = affordability.credit;
  return {
    commission_id: commission.id,
    partner_id: commission.partnerId,
    account_key: affordability.accountKey,
    billing_mode: affordability.billingMode,
    account_status: affordability.accountStatus,
    credit: { total: wallet, reserved, available },
    can_use_credits: affordability.canUseCredits,
    insufficient_credits: affordability.insufficientCredits,
  };
}
