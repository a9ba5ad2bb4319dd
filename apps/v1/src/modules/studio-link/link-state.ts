import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { PgPool } from '@tandem/platform/database/pool';
import { V1Config } from '../../config/config.ts';
import { isStudioFailing, type StudioAnswer, type StudioReason } from './studio-answer.ts';

const OUTAGE_WRITE_MS = 5_000;
const ABANDONED_CHECK_MS = 30_000;
/** An instance that has noted no failure for so long is gone, or well again. */
const ABANDONED_AFTER_SECONDS = 60;

export interface LinkFailure {
  readonly reason: StudioReason;
  readonly error: string;
  readonly at: Date;
}

/** A wrong token or contract concerns every lane: all wait, and one call now and then asks whether it is right again. */
export interface LinkHold {
  readonly reason: 'token_rejected' | 'contract_mismatch';
  readonly since: Date;
  readonly until: Date;
}

/**
 * How the link to Studio is, as this instance saw it. Each replica knows for itself; what must not be lost (outages,
 * lanes) is in tables.
 */
@Injectable()
export class LinkState {
  private lastOk: Date | null = null;
  private failure: LinkFailure | null = null;
  private held: LinkHold | null = null;
  private reconnects = 0;
  private outageOpen = false;
  /** Before this, what the outage table says is near enough. */
  private nextWriteAt = 0;
  /** Names this process in the outage table. */
  readonly instance = randomUUID();
  private readonly holdRetryMs: number;

  constructor(
    private readonly pool: PgPool,
    config: V1Config,
  ) {
    this.holdRetryMs = config.studioHoldRetryMs;
  }

  get lastOkAt(): Date | null {
    return this.lastOk;
  }

  get lastFailure(): LinkFailure | null {
    return this.failure;
  }

  /** Another number after each time Studio was away: what was known of it before may not be true any more. */
  get connection(): number {
    return this.reconnects;
  }

  /** The hold in force at `now`, if any. */
  holdAt(now: Date): LinkHold | null {
    return this.held !== null && this.held.until > now ? this.held : null;
  }

  /** Takes in how a call ended. `provesToken` is false for a call that would succeed with a wrong token as well. */
  async note(answer: StudioAnswer, now: Date, { provesToken }: { provesToken: boolean }): Promise<void> {
    // Else each look at Studio's public pages would end the outage of a rejected token, and begin the next.
    if (!provesToken && this.held !== null && answer.action === 'done') return;
    if (answer.reason === 'token_rejected' || answer.reason === 'contract_mismatch') {
      this.held = {
        reason: answer.reason,
        since: this.held?.since ?? now,
        until: new Date(now.getTime() + this.holdRetryMs),
      };
    } else if (answer.status !== null && answer.status < 500) {
      this.held = null;
    }

    if (isStudioFailing(answer) || answer.action === 'hold') {
      this.failure = { reason: answer.reason, error: answer.error ?? answer.reason, at: now };
      await this.noteOutage(answer.reason);
    } else {
      this.lastOk = now;
      if (this.failure !== null) this.reconnects += 1;
      this.failure = null;
      await this.noteSuccess();
    }
  }

  /** Opens this instance's outage, or says that it goes on. Written at most every few seconds. */
  private async noteOutage(reason: StudioReason): Promise<void> {
    if (this.outageOpen && performance.now() < this.nextWriteAt) return;
    this.nextWriteAt = performance.now() + OUTAGE_WRITE_MS;
    await this.pool.query(
      `INSERT INTO studio_outages (instance, reason) VALUES ($1, $2)
       ON CONFLICT (instance) WHERE ended_at IS NULL DO UPDATE SET last_failure_at = clock_timestamp()`,
      [this.instance, reason],
    );
    this.outageOpen = true;
  }

  /** Ends this instance's outage, and those of instances that died in theirs; never one another instance still sees. */
  private async noteSuccess(): Promise<void> {
    if (!this.outageOpen && performance.now() < this.nextWriteAt) return;
    this.nextWriteAt = performance.now() + ABANDONED_CHECK_MS;
    await this.pool.query(
      `UPDATE studio_outages SET ended_at = CASE WHEN instance = $1 THEN clock_timestamp() ELSE last_failure_at END
        WHERE ended_at IS NULL AND (instance = $1 OR last_failure_at < clock_timestamp() - make_interval(secs => $2))`,
      [this.instance, ABANDONED_AFTER_SECONDS],
    );
    this.outageOpen = false;
  }
}
