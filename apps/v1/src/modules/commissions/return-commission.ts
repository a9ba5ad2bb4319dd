import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '@tandem/platform/database/unit-of-work';
import { checkVersion } from '../../editing/check-version.ts';
import type { Actor } from '../audit/actor.ts';
import { checkStep, type Commission } from './commission.ts';
import { CommissionRecorder } from './commission-recorder.ts';
import { CommissionStore } from './commission.store.ts';

const RETURNS = {
  request_information: { state: 'NEEDS_INFORMATION', event: 'information_requested' },
  resubmit: { state: 'SUBMITTED', event: 'resubmitted' },
} as const;

/** Sends a commission back to who asked for it, or forward again. A hold it may have is kept: the work is not off. */
@Injectable()
export class ReturnCommission {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly store: CommissionStore,
    private readonly recorder: CommissionRecorder,
  ) {}

  /** @throws DomainError `invalid_transition`, `in_flight`, `stale_version`, `not_found`. */
  async run(
    actor: Actor,
    id: number,
    input: { step: keyof typeof RETURNS; reason: string | null; version: number | undefined },
  ): Promise<Commission> {
    return this.uow.run(async (tx) => {
      const commission = await this.store.lock(tx, id);
      checkVersion({ expected: input.version, actual: commission.version });
      checkStep(commission, input.step);
      const { state, event } = RETURNS[input.step];
      return this.recorder.change(tx, actor, commission, {
        event,
        change: { state, decisionReason: input.reason },
        reason: input.reason,
      });
    });
  }
}
