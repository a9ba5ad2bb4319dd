import { Injectable } from '@nestjs/common';
import type { ServiceMeta } from '@tandem/contracts';
import { Clock } from '@tandem/platform/clock';
import { V1Config } from '../../config/config.ts';
import type { StudioAnswer } from '../studio-link/studio-answer.ts';
import { StudioBillingAdapter } from '../studio-link/studio-billing-adapter.ts';
import { redact } from './redact.ts';

export interface KnownMeta {
  readonly meta: ServiceMeta;
  readonly fetchedAt: Date;
  readonly latencyMs: number;
}

/** Studio's identity. The last good one is kept past its time to live, like every figure of the monitor. */
@Injectable()
export class StudioMeta {
  private known: KnownMeta | null = null;

  constructor(
    private readonly adapter: StudioBillingAdapter,
    private readonly clock: Clock,
    private readonly config: V1Config,
  ) {}

  /** `failure` is how the call ended when one was needed and went wrong. */
  async read(options: {
    timeoutMs: number;
    refresh: boolean;
  }): Promise<{ known: KnownMeta | null; failure: StudioAnswer | null }> {
    if (!options.refresh && this.isFresh()) return { known: this.known, failure: null };
    const startedAt = performance.now();
    const answer = await this.adapter.getMeta(options.timeoutMs);
    if (answer.action !== 'done') return { known: this.known, failure: answer };
    this.known = {
      meta: redact(answer.body) as unknown as ServiceMeta,
      fetchedAt: this.clock.now(),
      latencyMs: Math.round(performance.now() - startedAt),
    };
    return { known: this.known, failure: null };
  }

  private isFresh(): boolean {
    if (this.known === null) return false;
    return this.clock.now().getTime() - this.known.fetchedAt.getTime() < this.config.studioStatusCacheSeconds * 1000;
  }
}
