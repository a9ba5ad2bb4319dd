import { Injectable } from '@nestjs/common';
import { PgPool } from '@tandem/platform/database/pool';
import { V1Config } from '../../config/config.ts';
import type { StudioAnswer, StudioReason } from './studio-answer.ts';

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
  /** Unknown at start: the first success closes an outage a dead process left open. */
  private outageOpen: boolean | null = null;
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

    if (answer.status === null || answer.action === 'hold' || answer.reason === 'overloaded') {
      this.failure = { reason: answer.reason, error: answer.error ?? answer.reason, at: now };
      await this.openOutage(answer.reason);
    } else {
      this.lastOk = now;
      this.failure = null;
      await this.closeOutage();
    }
  }

  private async openOutage(reason: StudioReason): Promise<void> {
    if (this.outageOpen === true) return;
    // Another replica may have opened it already; one outage is open at a time.
    await this.pool.query('INSERT INTO studio_outages (reason) VALUES ($1) ON CONFLICT DO NOTHING', [reason]);
    this.outageOpen = true;
  }

  private async closeOutage(): Promise<void> {
    if (this.outageOpen === false) return;
    await this.pool.query('UPDATE studio_outages SET ended_at = clock_timestamp() WHERE ended_at IS NULL');
    this.outageOpen = false;
  }
}
