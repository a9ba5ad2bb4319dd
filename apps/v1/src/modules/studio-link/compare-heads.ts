import { Injectable, Logger } from '@nestjs/common';
import type { AccountHead, AccountHeadQuestion, AccountHeadsAnswer } from '@tandem/contracts';
import { UnitOfWork } from '@tandem/platform/database/unit-of-work';
import { Metrics } from '@tandem/platform/metrics/metrics';
import { LRUCache } from 'lru-cache';
import { V1Config } from '../../config/config.ts';
import { LinkState } from './link-state.ts';
import { setbackOf, type FoundHead, type HeldHead, type SetbackReason } from './setback.ts';
import { SetbackStore } from './setback.store.ts';
import { StudioBillingAdapter } from './studio-billing-adapter.ts';

/** Most accounts, or outcomes of one account, asked about in one call. */
const HEADS_PER_CALL = 500;
const LANES_REMEMBERED = 20_000;

/** How a comparison ended: everything is there, rows were opened again, or Studio gave no answer to compare with. */
export type Comparison = 'same' | 'went_back' | 'no_answer';

/**
 * Notices that Studio's ledger is an earlier one than V1 has receipts from (a restore, a failover that lost commits), and
 * opens again what was lost. Restored money is wrong until that is done, so a lane is compared before it is sent.
 */
@Injectable()
export class CompareHeads {
  private readonly logger = new Logger(CompareHeads.name);
  private readonly compared = new LRUCache<string, { at: number; connection: number }>({ max: LANES_REMEMBERED });
  private readonly trustedMs: number;
  private readonly setbacks: ReturnType<Metrics['counter']>;
  private readonly rowsReopened: ReturnType<Metrics['counter']>;

  constructor(
    private readonly store: SetbackStore,
    private readonly adapter: StudioBillingAdapter,
    private readonly link: LinkState,
    private readonly uow: UnitOfWork,
    config: V1Config,
    metrics: Metrics,
  ) {
    this.trustedMs = config.studioHeadsTrustedMs;
    this.setbacks = metrics.counter<string>({
      name: 'studio_setbacks_total',
      help: 'Accounts whose ledger at Studio went back behind what V1 has receipts for',
      labels: ['reason'],
    });
    this.rowsReopened = metrics.counter<string>({
      name: 'studio_rows_reopened_total',
      help: 'Outbox rows opened again because Studio lost their outcome',
    });
  }

  /** True when a lane was not compared lately, or not since Studio was last away. */
  isDue(accountKey: string): boolean {
    const last = this.compared.get(accountKey);
    return (
      last === undefined || last.connection !== this.link.connection || performance.now() - last.at >= this.trustedMs
    );
  }

  /** Compares one account. */
  async compareLane(accountKey: string, timeoutMs: number): Promise<Comparison> {
    const held = await this.store.held([accountKey]);
    if (held.length === 0) {
      this.remember(accountKey);
      return 'same';
    }
    return this.compare(held, timeoutMs);
  }

  /** Compares up to 500 accounts in one call. */
  async compare(held: readonly HeldHead[], timeoutMs: number): Promise<Comparison> {
    const found = await this.ask(held.map(toQuestion), timeoutMs);
    if (found === null) return 'no_answer';
    let comparison: Comparison = 'same';
    for (const [index, own] of held.entries()) {
      const head = found[index];
      if (!head) throw new Error('Studio answered fewer heads than it was asked for');
      const reason = setbackOf(own, head);
      if (reason === null) {
        await this.store.keepSeal(own, head);
      } else {
        if (!(await this.takeBack(own, head, reason, timeoutMs))) return 'no_answer';
        comparison = 'went_back';
      }
      this.remember(own.accountKey);
    }
    return comparison;
  }

  /** Opens what was lost and raises the alarm. False when Studio did not say what it still has. */
  private async takeBack(held: HeldHead, found: FoundHead, reason: SetbackReason, timeoutMs: number): Promise<boolean> {
    const settledAfter = found.known === false ? await this.lastKnown(held.accountKey, timeoutMs) : undefined;
    if (settledAfter === null) return false;
    const reopened = await this.uow.run((tx) =>
      this.store.record(tx, {
        ...{ accountKey: held.accountKey, reason, actor: 'studio-link', setbacks: held.setbacks, held, found },
        ...(settledAfter === undefined ? {} : { settledAfter }),
      }),
    );
    // Another replica noticed as well, and was first.
    if (reopened === null) return true;
    this.setbacks.inc({ reason });
    this.rowsReopened.inc(reopened);
    this.logger.error(
      `Studio's ledger of ${held.accountKey} went back (${reason}): V1 held ledger ${held.ledgerSeq} and events ` +
        `${held.eventSeq}, Studio has ${found.account_seq} and ${found.event_seq}; ${reopened} rows are sent again`,
    );
    return true;
  }

  /** Place of the newest outcome Studio still has: everything settled after it is lost. Null without an answer. */
  private async lastKnown(accountKey: string, timeoutMs: number): Promise<string | null> {
    let before: string | null = null;
    for (;;) {
      const outcomes = await this.store.outcomesBefore(accountKey, before, HEADS_PER_CALL);
      if (outcomes.length === 0) return '0';
      const found = await this.ask(
        outcomes.map(({ kind, idempotencyKey }) => ({
          external_key: accountKey,
          operation: kind,
          idempotency_key: idempotencyKey,
        })),
        timeoutMs,
      );
      if (found === null) return null;
      const place = outcomes.find((_outcome, index) => found[index]?.known === true);
      if (place) return place.settledNo;
      before = outcomes.at(-1)?.settledNo ?? null;
    }
  }

  private async ask(questions: readonly AccountHeadQuestion[], timeoutMs: number): Promise<FoundHead[] | null> {
    const answer = await this.adapter.getHeads(questions, timeoutMs);
    if (answer.action !== 'done') return null;
    const { incarnation, heads } = answer.body as unknown as AccountHeadsAnswer;
    return heads.map((head: AccountHead) => ({ ...head, incarnation }));
  }

  private remember(accountKey: string): void {
    this.compared.set(accountKey, { at: performance.now(), connection: this.link.connection });
  }
}

function toQuestion(held: HeldHead): AccountHeadQuestion {
  return {
    external_key: held.accountKey,
    ...(held.newest === null ? {} : { operation: held.newest.kind, idempotency_key: held.newest.idempotencyKey }),
    ...(held.seal === null ? {} : { sealed_seq: held.seal.seq }),
  };
}
