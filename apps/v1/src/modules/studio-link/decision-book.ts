import { Injectable } from '@nestjs/common';
import { creditsOfFigure, type Credits } from '@tandem/contracts';
import type { Tx } from '@tandem/platform/database/unit-of-work';
import { LinkState } from './link-state.ts';
import type { StudioAnswer, StudioReason } from './studio-answer.ts';
import type { BillingStatus } from './studio-billing-adapter.ts';

export type DecisionOperation = 'approve' | 'deliver' | 'cancel';
export type DecisionVerdict = 'honoured' | 'would_have_been_refused' | 'mode_differed' | 'already_applied';

/** Why there was no answer; `not_asked` until the step has tried, and for ever when the process died before it could. */
export type DecisionReason = StudioReason | 'not_asked';

export interface NewDecision {
  /** Outbox row whose outcome becomes the verdict. */
  readonly eventId: number;
  readonly operation: DecisionOperation;
  readonly accountKey: string;
  readonly commissionId: number;
  readonly amount: Credits;
  /** What was known when the decision was taken, and how old it was. */
  readonly known: BillingStatus;
  readonly reason: DecisionReason;
}

/** What a verdict is read from. */
export type SettledBy = Pick<StudioAnswer, 'reason' | 'code' | 'body' | 'replayed'>;

/** What Studio would have said, once it has: pure, so that each case is a line in a table of tests. */
export function verdictFor(operation: DecisionOperation, knownMode: string | null, answer: SettledBy): DecisionVerdict {
  if (answer.replayed || answer.code?.startsWith('RESERVATION_ALREADY_') || answer.code === 'ALREADY_SETTLED') {
    return 'already_applied';
  }
  switch (answer.reason) {
    case 'ignored_by_policy':
    case 'not_enrolled':
      return knownMode === 'CREDIT' ? 'mode_differed' : 'honoured';
    case 'ok':
      if (operation === 'deliver' && answer.body?.status === 'SHORTFALL') return 'would_have_been_refused';
      return knownMode === 'POSTPAID' ? 'mode_differed' : 'honoured';
    default:
      // A release that finds nothing to release was honoured: there is no hold.
      return operation === 'cancel' ? 'honoured' : 'would_have_been_refused';
  }
}

/** The book of decisions taken without a fresh answer from Studio, each settled by the outcome of its command. */
@Injectable()
export class DecisionBook {
  constructor(private readonly link: LinkState) {}

  /** Writes the decision, once per command, under the outage that is open now. */
  async record(tx: Tx, decision: NewDecision): Promise<void> {
    const available = decision.known.status?.credit.available;
    await tx.query(
      `INSERT INTO studio_decisions (event_id, operation, account_key, commission_id, amount_micro, known_mode,
         known_available_micro, known_age_seconds, reason, outage_id)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, (SELECT id FROM studio_outages WHERE ended_at IS NULL AND instance = $10))
       ON CONFLICT (event_id) DO NOTHING`,
      [
        decision.eventId,
        decision.operation,
        decision.accountKey,
        decision.commissionId,
        decision.amount.toString(),
        decision.known.status?.billing_mode ?? null,
        available === undefined ? null : creditsOfFigure(available).toString(),
        decision.known.ageSeconds,
        decision.reason,
        this.link.instance,
      ],
    );
  }

  /** Studio answered within the step after all: nothing was decided without it. */
  async withdraw(tx: Tx, eventId: number): Promise<void> {
    await tx.query('DELETE FROM studio_decisions WHERE event_id = $1', [eventId]);
  }

  /** Says why there was no answer, once the step has tried, and in which outage that was. */
  async explain(tx: Tx, eventId: number, reason: StudioReason): Promise<void> {
    await tx.query(
      `UPDATE studio_decisions
          SET reason = $2, outage_id = (SELECT id FROM studio_outages WHERE ended_at IS NULL AND instance = $3)
        WHERE event_id = $1`,
      [eventId, reason, this.link.instance],
    );
  }

  /**
   * Writes the verdict of the decision that hangs on a settled command, if there is one. A command that was sent again
   * because Studio lost it is judged anew, unless Studio still had it: then the first verdict was the right one.
   */
  async settle(tx: Tx, eventId: number, answer: SettledBy): Promise<void> {
    const [decision] = await tx.query<{ operation: DecisionOperation; known_mode: string | null }>(
      `SELECT d.operation, d.known_mode FROM studio_decisions d JOIN events e ON e.id = d.event_id
        WHERE d.event_id = $1 AND (d.verdict IS NULL OR (e.setback_id IS NOT NULL AND NOT $2)) FOR UPDATE OF d`,
      [eventId, answer.replayed],
    );
    if (!decision) return;
    await tx.query(
      `UPDATE studio_decisions SET verdict = $2, verdict_code = $3, settled_at = clock_timestamp() WHERE event_id = $1`,
      [eventId, verdictFor(decision.operation, decision.known_mode, answer), answer.code],
    );
  }
}
