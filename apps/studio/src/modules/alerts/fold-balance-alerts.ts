import { Injectable, Logger } from '@nestjs/common';
import { creditsToDecimal } from '@tandem/contracts';
import { Pace } from '@tandem/platform/jobs/pace';
import { UnitOfWork, type Tx } from '@tandem/platform/database/unit-of-work';
import { newId } from '@tandem/platform/ids';
import { AccountResolver } from '../accounts/account-selector.ts';
import type { OutgoingEventType } from '../outgoing-webhooks/outgoing-event.ts';
import { QueueWebhook } from '../outgoing-webhooks/queue-webhook.ts';
import { AlertThresholdQueries } from './alert-threshold.queries.ts';
import { AlertThresholdStore } from './alert-threshold.store.ts';
import { BalanceAlertStore, type BalanceAlert } from './balance-alert.store.ts';
import { foldCrossings, type BalanceAlertKind } from './balance-crossings.ts';

/** Accounts taken up in one run: what is left is found by the next one, a second later. */
const ACCOUNTS_PER_RUN = 5000;
/** Accounts moved on in one transaction. */
const ACCOUNTS_PER_STEP = 250;
/** Of the time, what is spent on this: commands go first. */
const WORK_SHARE = 0.1;
const FIRST_ACCOUNT = '00000000-0000-0000-0000-000000000000';
/** Rows folded in one transaction, so that a long history does not become one long lock. */
const ROWS_PER_FOLD = 1000;

const EVENT_TYPES: Record<BalanceAlertKind, OutgoingEventType> = {
  LOW_BALANCE: 'account.low_balance',
  BALANCE_RECOVERED: 'account.balance_recovered',
};

/** Finds crossings of thresholds in what the ledger wrote, behind its back: no write of credits waits for an alert. */
@Injectable()
export class FoldBalanceAlerts {
  private readonly logger = new Logger(FoldBalanceAlerts.name);
  /** Where the round over the accounts goes on. */
  private next = FIRST_ACCOUNT;

  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: AlertThresholdQueries,
    private readonly thresholds: AlertThresholdStore,
    private readonly alerts: BalanceAlertStore,
    private readonly resolver: AccountResolver,
    private readonly queueWebhook: QueueWebhook,
  ) {}

  /** Brings accounts with thresholds to the head of their ledger. Answers the crossings it wrote. */
  async run(signal?: AbortSignal): Promise<BalanceAlert[]> {
    const pace = new Pace(WORK_SHARE, signal);
    const found: BalanceAlert[] = [];
    const behind = await pace.step(() => this.queries.accountsBehind(this.next, ACCOUNTS_PER_RUN));
    for (let first = 0; first < behind.length && !pace.isOver; first += ACCOUNTS_PER_STEP) {
      const group = behind.slice(first, first + ACCOUNTS_PER_STEP);
      // First: a group in trouble must not keep those behind it waiting in the next run either.
      this.next = group.at(-1) ?? FIRST_ACCOUNT;
      for (const accountId of await this.crossing(group, pace)) {
        if (pace.isOver) break;
        try {
          found.push(...(await pace.step(() => this.foldAccount(accountId))));
        } catch (error) {
          // The rows stay unfolded and are found again; one account in trouble must not keep the others waiting.
          this.logger.error(error);
        }
      }
    }
    return found;
  }

  /** Moves on the accounts that cross nothing. Answers those that must be folded; all, when one of them is in trouble. */
  private async crossing(accountIds: readonly string[], pace: Pace): Promise<readonly string[]> {
    try {
      return await pace.step(() => this.uow.run((tx) => this.thresholds.passQuiet(tx, accountIds, ROWS_PER_FOLD)));
    } catch (error) {
      this.logger.error(error);
      return accountIds;
    }
  }

  private async foldAccount(accountId: string): Promise<BalanceAlert[]> {
    const externalKey = (await this.resolver.keysOf([accountId])).get(accountId) ?? '';
    const found: BalanceAlert[] = [];
    for (;;) {
      const part = await this.uow.run((tx) => this.foldRows(tx, accountId, externalKey));
      found.push(...part.alerts);
      if (part.rows < ROWS_PER_FOLD) return found;
    }
  }

  /**
   * State, crossings and webhooks commit together: whatever dies, a row of the ledger is folded with all its effects or
   * not at all. Rows of one account become visible in the order of their seq, because their writer holds the wallet's
   * lock until it commits; so nothing can appear behind the position later.
   */
  private async foldRows(
    tx: Tx,
    accountId: string,
    externalKey: string,
  ): Promise<{ rows: number; alerts: BalanceAlert[] }> {
    const folded = await this.thresholds.lock(tx, accountId);
    if (folded === undefined) return { rows: 0, alerts: [] };
    const rows = await this.queries.availableAfter(tx, accountId, folded.foldedSeq, ROWS_PER_FOLD);
    const last = rows.at(-1);
    if (last === undefined) return { rows: 0, alerts: [] };
    const fold = foldCrossings(folded.thresholds, rows);
    const alerts = fold.crossings.map((crossing) => ({ ...crossing, alertId: newId(), accountId }));
    for (const alert of alerts) {
      await this.alerts.insert(tx, alert);
      await this.queueWebhook.within(tx, {
        type: EVENT_TYPES[alert.kind],
        occurredAt: alert.row.at,
        data: {
          alert_id: alert.alertId,
          account_id: accountId,
          external_key: externalKey,
          threshold: creditsToDecimal(alert.thresholdMicro),
          available: creditsToDecimal(alert.row.availableMicro),
          ledger_seq: Number(alert.row.seq),
        },
      });
    }
    await this.thresholds.advance(tx, accountId, { foldedSeq: last.seq, thresholds: fold.thresholds });
    return { rows: rows.length, alerts };
  }
}
