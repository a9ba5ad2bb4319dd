import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { RepeatingTask } from '@tandem/platform/jobs/repeating-task';
import { V1Config } from '../../config/config.ts';
import { CompareHeads } from './compare-heads.ts';
import { LinkState } from './link-state.ts';
import { SetbackStore } from './setback.store.ts';

const ACCOUNTS_PER_CALL = 500;
/** An ordinary round looks at 10,000 accounts; the next goes on where it stopped. */
const CALLS_PER_ROUND = 20;

/**
 * Compares every account now and then, also those nobody writes to: a loss there would show to nobody. After Studio was
 * away one round looks at all of them, for that is when it may have gone back.
 */
@Injectable()
export class WatchHeads implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(WatchHeads.name);
  private readonly loop: RepeatingTask;
  private after = '';
  /** The connection all accounts were compared under. */
  private comparedUnder: number | null = null;
  private connection = 0;

  constructor(
    private readonly store: SetbackStore,
    private readonly heads: CompareHeads,
    private readonly link: LinkState,
    private readonly config: V1Config,
  ) {
    this.loop = new RepeatingTask(
      config.studioHeadsWatchMs,
      () => this.run(),
      (error) => this.logger.error(error),
    );
  }

  onApplicationBootstrap(): void {
    if (this.config.jobsEnabled) this.loop.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.loop.stop();
  }

  /** One round. Without an answer from Studio it stops, and begins there the next time. */
  async run(): Promise<void> {
    if (this.link.connection !== this.connection) {
      this.connection = this.link.connection;
      this.after = '';
    }
    for (let call = 0; call < CALLS_PER_ROUND || this.comparedUnder !== this.connection; call += 1) {
      const held = await this.store.heldAfter(this.after, ACCOUNTS_PER_CALL);
      const last = held.at(-1);
      if (!last) {
        this.after = '';
        this.comparedUnder = this.connection;
        return;
      }
      const comparison = await this.heads.compare(held, this.config.studioHttpTimeoutSeconds * 1000);
      if (comparison === 'no_answer') return;
      this.after = last.accountKey;
    }
  }
}
