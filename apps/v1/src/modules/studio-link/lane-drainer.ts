import { randomUUID } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { relayActionFor } from '@tandem/contracts';
import { Clock } from '@tandem/platform/clock';
import { UnitOfWork, type Tx } from '@tandem/platform/database/unit-of-work';
import { V1Config } from '../../config/config.ts';
import { CompareHeads } from './compare-heads.ts';
import { DecisionBook } from './decision-book.ts';
import { LaneRowQueries, type LaneRowState } from './lane-rows.queries.ts';
import { LaneStore, LeaseLostError, type LaneLease, type LaneRow } from './lane.store.ts';
import { LinkState } from './link-state.ts';
import { isRecord, noAnswer, type StudioAnswer } from './studio-answer.ts';
import { StudioBillingAdapter } from './studio-billing-adapter.ts';

const EVENTS_PER_REQUEST = 100;
const BACKOFF_BASE_MS = 500;
const BACKOFF_CAP_MS = 30_000;
/** A row Studio fails on so many times by itself, while it answers others, is the row's fault (RELIABILITY P11). */
const FAILURES_MAX = 20;
/** How often a request looks whether another drainer has settled its row. */
const WATCH_EVERY_MS = 20;

/** Why a drain stopped. */
export type DrainEnd = 'empty' | 'busy' | 'no_answer' | 'held' | 'blocked' | 'out_of_time' | 'lease_lost' | 'reopened';

interface DrainResult {
  readonly end: DrainEnd;
  /** How the last call ended, or would have. */
  readonly answer: StudioAnswer | null;
}

/**
 * Sends an account's outbox rows in order. The only path to Studio for anything that must not be lost: the relay and a
 * waiting request use the same lease, so a deferred command is never overtaken.
 */
@Injectable()
export class LaneDrainer {
  private readonly logger = new Logger(LaneDrainer.name);
  private readonly owner = randomUUID();

  constructor(
    private readonly lanes: LaneStore,
    private readonly rows: LaneRowQueries,
    private readonly uow: UnitOfWork,
    private readonly adapter: StudioBillingAdapter,
    private readonly heads: CompareHeads,
    private readonly decisions: DecisionBook,
    private readonly link: LinkState,
    private readonly clock: Clock,
    private readonly config: V1Config,
  ) {}

  /** The relay's drain: everything that is due, one call after the other, each within the HTTP timeout. */
  async drain(accountKey: string): Promise<DrainEnd> {
    for (;;) {
      const lease = await this.lanes.claim(accountKey, this.owner, true);
      if (!lease) return 'busy';
      const { end } = await this.work(lease, () => Infinity);
      if (end !== 'reopened') return end;
    }
  }

  /**
   * A request's drain: settles the lane up to `rowId` within the step's budget (DESIGN 5) and answers how that row
   * stands. An answer that is not definitive means: not in time; the row stays in its lane.
   */
  async settleWithin(accountKey: string, rowId: number, budgetMs: number): Promise<StudioAnswer> {
    const deadline = performance.now() + budgetMs;
    const timeLeft = (): number => deadline - performance.now();
    let last: StudioAnswer | null = null;
    while (timeLeft() > 0) {
      const { state, answer } = await this.rows.outcome(rowId);
      if (answer && (state === 'done' || state === 'refused')) return answer;
      const lease = await this.lanes.claim(accountKey, this.owner, false);
      if (lease) {
        const { end, answer: ended } = await this.work(lease, timeLeft, rowId);
        last = ended;
        if (end !== 'lease_lost' && end !== 'reopened') break;
      }
      await new Promise((resolve) => setTimeout(resolve, WATCH_EVERY_MS));
    }
    const { state, answer } = await this.rows.outcome(rowId);
    if (answer && (state === 'done' || state === 'refused')) return answer;
    return last ?? answer ?? noAnswer('timeout', 'the lane was busy until the budget was spent');
  }

  private async work(lease: LaneLease, timeLeft: () => number, upTo?: number): Promise<DrainResult> {
    let result: DrainResult;
    try {
      result = await this.sendInOrder(lease, timeLeft, upTo);
    } catch (error) {
      if (!(error instanceof LeaseLostError)) {
        // Our own fault or the database's. The lane must not wait for the lease to run out as well.
        await this.lanes.release(lease, { retryInMs: BACKOFF_BASE_MS, answer: null });
        throw error;
      }
      // Whoever took the lane over sends the row again under the same key; Studio answers its stored outcome.
      this.logger.warn(error.message);
      return { end: 'lease_lost', answer: null };
    }
    // The lease ended with the setback: whoever comes first begins with the rows that were opened again.
    if (result.end === 'reopened') return result;
    const moved = result.end === 'empty' || result.end === 'blocked';
    const retryInMs = moved ? null : await this.backoff(lease, result.answer);
    await this.lanes.release(lease, { retryInMs, answer: result.answer });
    return result;
  }

  private async sendInOrder(lease: LaneLease, timeLeft: () => number, upTo: number | undefined): Promise<DrainResult> {
    let isCompared = false;
    for (;;) {
      const hold = this.link.holdAt(this.clock.now());
      const batch = nextBatch(await this.lanes.openRows(lease.accountKey, EVENTS_PER_REQUEST), upTo);
      const [first] = batch;
      if (!first) return { end: 'empty', answer: null };
      if (first.state === 'parked') return { end: 'blocked', answer: null };
      if (hold) return { end: 'held', answer: heldAnswer(hold.reason) };
      const timeoutMs = Math.min(timeLeft(), this.config.studioHttpTimeoutSeconds * 1000);
      if (timeoutMs <= 0) return { end: 'out_of_time', answer: noAnswer('timeout', 'the step had no time left') };
      if (!isCompared && this.heads.isDue(lease.accountKey)) {
        // Before anything new is written on top of a ledger that lost something. Without an answer sending will tell why.
        isCompared = true;
        if ((await this.heads.compareLane(lease.accountKey, timeoutMs)) === 'went_back') {
          return { end: 'reopened', answer: null };
        }
        continue;
      }

      const answer =
        first.kind === 'event'
          ? await this.sendEvents(lease, batch, timeoutMs)
          : await this.sendCommand(lease, first, timeoutMs);
      if (answer.action === 'retry') return { end: 'no_answer', answer };
      if (answer.action === 'hold') return { end: 'held', answer };
      if (answer.action === 'park' && first.kind !== 'event') return { end: 'blocked', answer };
      if (upTo !== undefined && batch.some((row) => row.id === upTo)) return { end: 'empty', answer };
    }
  }

  private async sendEvents(lease: LaneLease, batch: readonly LaneRow[], timeoutMs: number): Promise<StudioAnswer> {
    const answer = await this.adapter.emitEvents(
      batch.map((row) => row.body),
      timeoutMs,
    );
    await this.uow.run(async (tx) => {
      await this.lanes.holdLease(tx, lease);
      const outcomes = answer.action === 'done' ? (answer.body?.outcomes as unknown[]) : [];
      for (const [index, row] of batch.entries()) {
        const own = answer.action === 'done' ? outcomeAnswer(outcomes[index]) : answer;
        // A batch refused as a whole says nothing about each of its rows: they go again, one by one.
        const state = answer.action === 'park' && batch.length > 1 ? 'pending' : stateAfter(own, row);
        await this.lanes.settleRow(tx, row.id, state, own);
        await this.lanes.keepReceipt(
          tx,
          lease.accountKey,
          'event_seq',
          isRecord(own.body) ? own.body.receipt : undefined,
        );
      }
    });
    if (answer.action !== 'done') return answer;
    // One item that must be tried again keeps the lane's order: nothing behind it is sent first.
    const outcomes = (answer.body?.outcomes as unknown[]).map(outcomeAnswer);
    const waiting = outcomes.find((own, index) => stateAfter(own, batch[index] ?? { attempts: 0 }) === 'pending');
    return waiting ?? answer;
  }

  private async sendCommand(lease: LaneLease, row: LaneRow, timeoutMs: number): Promise<StudioAnswer> {
    const send = {
      reserve: () => this.adapter.reserveCredits(row.body, timeoutMs),
      consume: () => this.adapter.consumeCredits(row.body, timeoutMs),
      release: () => this.adapter.releaseCredits(row.body, timeoutMs),
    };
    if (row.kind === 'event') throw new Error('events are sent in batches');
    const answer = await send[row.kind]();
    await this.uow.run((tx) => this.settleCommand(tx, lease, row, answer));
    this.adapter.forgetFreshness(lease.accountKey);
    return answer;
  }

  private async settleCommand(tx: Tx, lease: LaneLease, row: LaneRow, answer: StudioAnswer): Promise<void> {
    await this.lanes.holdLease(tx, lease);
    const state = stateAfter(answer, row);
    await this.lanes.settleRow(tx, row.id, state, answer);
    await this.lanes.keepReceipt(tx, lease.accountKey, 'ledger_seq', answer.body?.receipt);
    if (state === 'done' || state === 'refused') {
      await this.decisions.settle(tx, row.id, answer);
    }
  }

  /** Capped, with full jitter, so that lanes do not come back in step after an outage. */
  private async backoff(lease: LaneLease, answer: StudioAnswer | null): Promise<number> {
    if (answer?.retryAfterMs != null) return answer.retryAfterMs + Math.random() * BACKOFF_BASE_MS;
    if (answer?.action === 'hold') return this.config.studioHoldRetryMs;
    const attempts = await this.lanes.attempts(lease.accountKey);
    return Math.random() * Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** Math.min(attempts, 10));
  }
}

/** Leading events together, else the one row that must go alone. Nothing past `upTo`. */
function nextBatch(rows: readonly LaneRow[], upTo: number | undefined): LaneRow[] {
  const batch: LaneRow[] = [];
  for (const row of rows) {
    if (row.kind !== 'event' || row.isSuspect) return batch.length > 0 ? batch : [row];
    batch.push(row);
    if (row.id === upTo) break;
  }
  return batch;
}

function stateAfter(answer: StudioAnswer, row: Pick<LaneRow, 'attempts'>): LaneRowState {
  switch (answer.action) {
    case 'done':
      return 'done';
    case 'refused':
    case 'audit':
      return 'refused';
    case 'park':
      return 'parked';
    case 'retry':
      return answer.code === 'internal_error' && row.attempts + 1 >= FAILURES_MAX ? 'parked' : 'pending';
    case 'hold':
      return 'pending';
  }
}

/** One item of an array answer, read as if it had been sent alone. */
function outcomeAnswer(outcome: unknown): StudioAnswer {
  const item = isRecord(outcome) ? outcome : {};
  const status = typeof item.status === 'number' ? item.status : 0;
  const code = typeof item.code === 'string' ? item.code : null;
  const done = status >= 200 && status < 300;
  const action = done ? 'done' : relayActionFor(status, code);
  return {
    reason: done ? 'ok' : action === 'park' ? 'bad_request' : action === 'retry' ? 'overloaded' : 'refused',
    action,
    status,
    code,
    body: isRecord(item.event) ? item.event : null,
    error: done ? null : `HTTP ${status}${code === null ? '' : ` ${code}`}`,
    retryAfterMs: null,
    replayed: false,
  };
}

function heldAnswer(reason: 'token_rejected' | 'contract_mismatch'): StudioAnswer {
  return {
    ...noAnswer('unreachable', 'not called: Studio rejected our token or contract; the next try is soon'),
    reason,
    action: 'hold',
  };
}
