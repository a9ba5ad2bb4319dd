import { Injectable } from '@nestjs/common';
import { parseExternalKey, type ExternalKey } from '@tandem/contracts';
import { Clock } from '@tandem/platform/clock';
import { V1Config } from '../../config/config.ts';
import { DirectoryQueries } from '../directory/directory.queries.ts';
import { SEES_ALL } from '../identity/visibility.ts';
import { StudioBillingAdapter } from '../studio-link/studio-billing-adapter.ts';
import { isReachable, statusError, statusOrDefault, warningsOf, type ReadStatus } from './account-rows.ts';
import { deadlineIn } from './deadline.ts';
import { INSTANCE } from './instance.ts';
import type { DetailStudioStatus, MonitorAccountDetail } from './monitor.dto.ts';
import { PostpaidRowQueries } from './postpaid-rows.ts';
import { redact } from './redact.ts';
import { StudioActivity } from './studio-activity.ts';

/** V1's words for what a key names. */
const ENTITY_TYPES: Readonly<Record<string, string>> = { partner: 'referral_channel' };
const ROW_ID_MAX = 2_147_483_647;

/** One account: V1's documents of it, and everything Studio has on it. */
@Injectable()
export class ReadAccountDetail {
  constructor(
    private readonly directory: DirectoryQueries,
    private readonly adapter: StudioBillingAdapter,
    private readonly activity: StudioActivity,
    private readonly postpaid: PostpaidRowQueries,
    private readonly clock: Clock,
    private readonly config: V1Config,
  ) {}

  /** Never throws for Studio, nor for a key nobody knows: that is an account without rows. */
  async run(key: ExternalKey, { refresh }: { refresh: boolean }): Promise<MonitorAccountDetail> {
    const { kind, id } = parseExternalKey(key);
    const [studio, displayName, postpaid] = await Promise.all([
      this.fromStudio(key, refresh),
      this.displayName(kind, Number(id)),
      this.postpaid.newest(key),
    ]);
    return {
      instance: INSTANCE,
      external_key: key,
      entity_type: ENTITY_TYPES[kind] ?? kind,
      entity_id: /^[0-9]+$/.test(id) && Number.isSafeInteger(Number(id)) ? Number(id) : null,
      display_name: displayName,
      ...studio,
      ...postpaid,
    };
  }

  private async fromStudio(key: ExternalKey, refresh: boolean) {
    const timeLeft = deadlineIn(this.config.studioHttpTimeoutSeconds * 1000);
    const read = await this.status(key, { refresh, timeoutMs: timeLeft() });
    // After the status, so that these rows are never older than the figures above them; and at once, for the deadline.
    const options = { refresh, timeoutMs: timeLeft() };
    const [reservations, ledger, timeline] = await Promise.all([
      this.activity.read('reservations', key, options),
      this.activity.read('ledger', key, options),
      this.activity.read('timeline', key, options),
    ]);
    const rows = { reservations: reservations.rows, ledger: ledger.rows, timeline: timeline.rows };
    return {
      warnings: warningsOf(read),
      studio_status: this.toStudioStatus(read),
      ...rows,
      studio_collection_status: {
        reservations: reservations.status,
        ledger: ledger.status,
        timeline: timeline.status,
      },
      raw_json: toRawJson({ status: redact(read.known.status), ...rows }),
    };
  }

  private async status(key: ExternalKey, options: { refresh: boolean; timeoutMs: number }): Promise<ReadStatus> {
    const startedAt = this.clock.now();
    const { failure } = await this.adapter.getBillingStatuses([key], options);
    const known = this.adapter.known(key);
    // Another request may have had an answer in the meantime.
    const isConfirmed = known.fetchedAt !== null && known.fetchedAt >= startedAt;
    return { known, failure: isConfirmed ? null : failure };
  }

  private toStudioStatus(read: ReadStatus): DetailStudioStatus {
    const { known, failure } = read;
    return {
      external_key: known.key,
      reachable: isReachable(failure),
      token_rejected: failure?.reason === 'token_rejected',
      reason: failure?.reason ?? (known.notEnrolled ? 'not_enrolled' : 'ok'),
      stale: failure !== null && known.fetchedAt !== null,
      error: statusError(read),
      fetched_at: known.fetchedAt?.toISOString() ?? null,
      status: statusOrDefault(read, this.config.defaultBillingMode),
    };
  }

  private async displayName(kind: string, id: number): Promise<string | null> {
    if (!(id <= ROW_ID_MAX)) return null;
    if (kind === 'partner') return (await this.directory.partner(id))?.name ?? null;
    if (kind === 'client') return (await this.directory.client(id, SEES_ALL))?.name ?? null;
    return null;
  }
}

/** The same rows under the shape of raw JSON; they have been redacted as they came in. */
function toRawJson(rows: {
  status: object | null;
  reservations: object[];
  ledger: object[];
  timeline: object[];
}): MonitorAccountDetail['raw_json'] {
  return rows as MonitorAccountDetail['raw_json'];
}
