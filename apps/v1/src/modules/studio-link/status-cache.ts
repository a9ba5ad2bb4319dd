import { Injectable } from '@nestjs/common';
import type { AccountStatus } from '@tandem/contracts';
import { Clock } from '@tandem/platform/clock';
import { LRUCache } from 'lru-cache';

const ACCOUNTS_MAX = 20_000;

/** The last status Studio gave for a key. `status` is null when it said "not enrolled". */
export interface KnownStatus {
  readonly status: AccountStatus | null;
  readonly fetchedAt: Date;
}

/**
 * Last good status per account, kept beyond its time to live: when Studio is down, old data with its age beats none
 * (AD-06..08). Failures are never stored.
 */
@Injectable()
export class StatusCache {
  private readonly entries = new LRUCache<string, KnownStatus>({ max: ACCOUNTS_MAX });
  private readonly invalidated = new Set<string>();

  constructor(private readonly clock: Clock) {}

  get(key: string): KnownStatus | undefined {
    return this.entries.get(key);
  }

  /** True when the entry may be used without asking again. */
  isFresh(key: string, ttlMs: number): boolean {
    const entry = this.entries.get(key);
    return entry !== undefined && !this.invalidated.has(key) && this.ageMs(entry) < ttlMs;
  }

  ageMs(entry: KnownStatus): number {
    return Math.max(0, this.clock.now().getTime() - entry.fetchedAt.getTime());
  }

  set(key: string, status: AccountStatus | null): KnownStatus {
    const entry = { status, fetchedAt: this.clock.now() };
    this.entries.set(key, entry);
    this.invalidated.delete(key);
    return entry;
  }

  /** A command moved this account: ask again next time, but keep the figures in case nobody answers. */
  invalidate(key: string): void {
    if (this.entries.has(key)) this.invalidated.add(key);
  }
}
