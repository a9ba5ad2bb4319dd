import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { JobTasks } from '@tandem/platform/jobs/job-tasks';
import { RepeatingTask } from '@tandem/platform/jobs/repeating-task';
import { V1Config } from '../../config/config.ts';
import { LaneDrainer } from './lane-drainer.ts';
import { LaneStore } from './lane.store.ts';
import { DRAIN_LANE_TASK } from './outbox.ts';

/** Lanes taken up per sweep: after an outage the backlog drains at a set rate instead of all at once (N7). */
const LANES_PER_SWEEP = 50;
const DRAINS_AT_ONCE = 4;

/**
 * Drains every lane that is due, every few seconds. Jobs only wake lanes up sooner; this loop is what guarantees that
 * nothing stays behind, so it never fails for a remote error and needs no queue.
 */
@Injectable()
export class LaneSweeper implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(LaneSweeper.name);
  private readonly loop: RepeatingTask;
  private stopping = false;

  constructor(
    private readonly lanes: LaneStore,
    private readonly drainer: LaneDrainer,
    private readonly config: V1Config,
    tasks: JobTasks,
  ) {
    tasks.register(DRAIN_LANE_TASK, async (payload) => {
      if (typeof payload.account_key !== 'string') throw new Error('drain_lane needs an account_key');
      await this.drainer.drain(payload.account_key);
    });
    this.loop = new RepeatingTask(
      config.studioLaneSweepMs,
      () => this.sweep(),
      // The database was away: the next sweep finds the same rows.
      (error) => this.logger.error(error),
    );
  }

  onApplicationBootstrap(): void {
    if (this.config.jobsEnabled) this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    await this.loop.stop();
  }

  /** Drains what is due now. */
  async sweep(): Promise<void> {
    const due = await this.lanes.dueLanes(LANES_PER_SWEEP);
    const next = due.values();
    const workers = Array.from({ length: Math.min(DRAINS_AT_ONCE, due.length) }, async () => {
      for (const accountKey of next) {
        if (this.stopping) return;
        await this.drainer.drain(accountKey);
      }
    });
    await Promise.all(workers);
  }
}
