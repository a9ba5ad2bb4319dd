import { Injectable } from '@nestjs/common';
import type { ExternalKey } from '@tandem/contracts';
import { Clock } from '@tandem/platform/clock';
import { LRUCache } from 'lru-cache';
import { V1Config } from '../../config/config.ts';
import { StudioBillingAdapter, type ActivityKind, type ActivityRows } from '../studio-link/studio-billing-adapter.ts';
import type { CollectionStatus } from './monitor.dto.ts';
import { redact } from './redact.ts';
import { isReachable } from './account-rows.ts';

const ROWS_PER_COLLECTION = 50;
/** A hundred accounts with three collections of fifty rows each: some ten megabytes. */
const COLLECTIONS_KEPT = 300;

interface KeptRows {
  readonly rows: unknown[];
  readonly fetchedAt: Date;
}

export interface ActivityRead<Kind extends ActivityKind> {
  readonly rows: ActivityRows[Kind];
  readonly status: CollectionStatus;
}

/** Reservations, ledger and timeline of an account: Studio's newest rows, or the last ones it gave. */
@Injectable()
export class StudioActivity {
  private readonly kept = new LRUCache<string, KeptRows>({ max: COLLECTIONS_KEPT });

  constructor(
    private readonly adapter: StudioBillingAdapter,
    private readonly clock: Clock,
    private readonly config: V1Config,
  ) {}

  /** Never throws for Studio. Call it after the account's status was read: newer figures make older rows stale. */
  async read<Kind extends ActivityKind>(
    kind: Kind,
    key: ExternalKey,
    options: { timeoutMs: number; refresh: boolean },
  ): Promise<ActivityRead<Kind>> {
    const name = `${kind} ${key}`;
    const kept = this.kept.get(name);
    if (!options.refresh && kept !== undefined && this.isFresh(key, kept)) {
      return toRead<Kind>(kept, { reachable: true, stale: false, error: null, reason: 'ok' });
    }
    const { answer, rows } = await this.adapter.getActivity(kind, key, ROWS_PER_COLLECTION, options.timeoutMs);
    if (answer.action === 'done') {
      const fetched = { rows: redact(rows), fetchedAt: this.clock.now() };
      this.kept.set(name, fetched);
      return toRead<Kind>(fetched, { reachable: true, stale: false, error: null, reason: 'ok' });
    }
    return toRead<Kind>(kept, {
      reachable: isReachable(answer),
      stale: kept !== undefined,
      error: answer.error,
      reason: answer.reason,
    });
  }

  /** Not older than the figures beside them, so that a hold never shows in the balance but not in the list. */
  private isFresh(key: ExternalKey, { fetchedAt }: KeptRows): boolean {
    const status = this.adapter.known(key);
    const ageMs = this.clock.now().getTime() - fetchedAt.getTime();
    return (
      status.fresh &&
      status.fetchedAt !== null &&
      fetchedAt >= status.fetchedAt &&
      ageMs < this.config.studioStatusCacheSeconds * 1000
    );
  }
}

function toRead<Kind extends ActivityKind>(
  kept: KeptRows | undefined,
  ending: Omit<CollectionStatus, 'fetched_at'>,
): ActivityRead<Kind> {
  return {
    rows: (kept?.rows ?? []) as ActivityRows[Kind],
    status: { ...ending, fetched_at: kept?.fetchedAt.toISOString() ?? null },
  };
}
