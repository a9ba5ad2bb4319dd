import { Injectable } from '@nestjs/common';
import {
  STUDIO_PATHS,
  type AccountHeadQuestion,
  type AccountStatus,
  type AccountStatusesItem,
  type ExternalKey,
  type LedgerRow,
  type ReservationRow,
  type TimelineRow,
} from '@tandem/contracts';
import { V1Config } from '../../config/config.ts';
import { StatusCache, type KnownStatus } from './status-cache.ts';
import { isRecord, type StudioAnswer } from './studio-answer.ts';
import { StudioHttp } from './studio-http.ts';

const KEYS_PER_CALL_MAX = 500;

/** What is known about one account, and whether it may be relied on. */
export interface BillingStatus {
  readonly key: ExternalKey;
  /** Last good status; null when never fetched, or when Studio says the key is not enrolled. */
  readonly status: AccountStatus | null;
  readonly notEnrolled: boolean;
  readonly fetchedAt: Date | null;
  readonly ageSeconds: number | null;
  /** True when Studio said so now, or within the cache's time to live. Only then may it gate anything (TR-11). */
  readonly fresh: boolean;
}

export interface StatusesAnswer {
  readonly byKey: ReadonlyMap<ExternalKey, BillingStatus>;
  /** How the call ended that was needed, or null when the cache answered everything. */
  readonly failure: StudioAnswer | null;
}

interface StatusOptions {
  readonly timeoutMs: number;
  /** Bypass the cache for this request only (AD-07). */
  readonly refresh?: boolean;
}

export interface ActivityRows {
  readonly reservations: ReservationRow[];
  readonly ledger: LedgerRow[];
  readonly timeline: TimelineRow[];
}
export type ActivityKind = keyof ActivityRows;

/** Studio as V1 sees it. Every method answers with a reason instead of throwing: V1 never stops for Studio (AD-02). */
@Injectable()
export class StudioBillingAdapter {
  private readonly ttlMs: number;
  private readonly underWay = new Map<string, Promise<StudioAnswer | null>>();

  constructor(
    private readonly http: StudioHttp,
    private readonly cache: StatusCache,
    config: V1Config,
  ) {
    this.ttlMs = config.studioStatusCacheSeconds * 1000;
  }

  /** Status of one account. */
  async getBillingStatus(key: ExternalKey, options: StatusOptions): Promise<BillingStatus> {
    const { byKey } = await this.getBillingStatuses([key], options);
    return byKey.get(key) ?? this.known(key);
  }

  /** Statuses of many accounts for the price of one call per 500; callers asking at once share the call. */
  async getBillingStatuses(keys: readonly ExternalKey[], options: StatusOptions): Promise<StatusesAnswer> {
    const wanted = options.refresh ? [...keys] : keys.filter((key) => !this.cache.isFresh(key, this.ttlMs));
    const calls: Promise<StudioAnswer | null>[] = [];
    for (let start = 0; start < wanted.length; start += KEYS_PER_CALL_MAX) {
      calls.push(this.fetchShared(wanted.slice(start, start + KEYS_PER_CALL_MAX), options.timeoutMs));
    }
    const failures = (await Promise.all(calls)).filter((answer) => answer !== null);
    return { byKey: new Map(keys.map((key) => [key, this.known(key)])), failure: failures[0] ?? null };
  }

  /** What is known without asking: for the decision book, which records what a decision was based on. */
  known(key: ExternalKey): BillingStatus {
    const entry: KnownStatus | undefined = this.cache.get(key);
    return {
      key,
      status: entry?.status ?? null,
      notEnrolled: entry !== undefined && entry.status === null,
      fetchedAt: entry?.fetchedAt ?? null,
      ageSeconds: entry === undefined ? null : Math.floor(this.cache.ageMs(entry) / 1000),
      fresh: this.cache.isFresh(key, this.ttlMs),
    };
  }

  reserveCredits(body: string, timeoutMs: number): Promise<StudioAnswer> {
    return this.post(STUDIO_PATHS.reserve, body, timeoutMs, (answer) => typeof answer.status === 'string');
  }

  consumeCredits(body: string, timeoutMs: number): Promise<StudioAnswer> {
    return this.post(STUDIO_PATHS.consume, body, timeoutMs, (answer) => typeof answer.status === 'string');
  }

  releaseCredits(body: string, timeoutMs: number): Promise<StudioAnswer> {
    return this.post(STUDIO_PATHS.release, body, timeoutMs, (answer) => typeof answer.status === 'string');
  }

  /** Sends facts of one lane, in order, as one array; the answer holds one outcome per item. */
  emitEvents(bodies: readonly string[], timeoutMs: number): Promise<StudioAnswer> {
    return this.post(STUDIO_PATHS.events, `[${bodies.join(',')}]`, timeoutMs, (answer) => {
      const { outcomes } = answer;
      return (
        Array.isArray(outcomes) &&
        outcomes.length === bodies.length &&
        outcomes.every((item) => isRecord(item) && typeof item.status === 'number')
      );
    });
  }

  /** How far Studio's ledgers of accounts have come, one head per question in the order asked. */
  getHeads(accounts: readonly AccountHeadQuestion[], timeoutMs: number): Promise<StudioAnswer> {
    return this.post(STUDIO_PATHS.accountHeads, JSON.stringify({ accounts }), timeoutMs, ({ incarnation, heads }) => {
      return (
        typeof incarnation === 'string' &&
        Array.isArray(heads) &&
        heads.length === accounts.length &&
        heads.every(
          (head) => isRecord(head) && typeof head.account_seq === 'number' && typeof head.event_seq === 'number',
        )
      );
    });
  }

  getMeta(timeoutMs: number): Promise<StudioAnswer> {
    return this.http.call({
      method: 'GET',
      path: STUDIO_PATHS.meta,
      isPublic: true,
      timeoutMs,
      looksRight: (answer) => typeof answer.app === 'string',
    });
  }

  /** Newest rows of one of an account's collections. */
  async getActivity<Kind extends ActivityKind>(
    kind: Kind,
    key: ExternalKey,
    limit: number,
    timeoutMs: number,
  ): Promise<{ answer: StudioAnswer; rows: ActivityRows[Kind] }> {
    const answer = await this.get(STUDIO_PATHS[kind], { external_key: key, limit }, timeoutMs, (body) =>
      Array.isArray(body.items),
    );
    const items = answer.action === 'done' && Array.isArray(answer.body?.items) ? answer.body.items : [];
    return { answer, rows: items.filter(isRecord) as unknown as ActivityRows[Kind] };
  }

  /** A command of ours moved the account: the next status is asked for again. */
  forgetFreshness(key: string): void {
    this.cache.invalidate(key);
  }

  private async fetchShared(keys: readonly ExternalKey[], timeoutMs: number): Promise<StudioAnswer | null> {
    const name = [...keys].sort().join(',');
    const running = this.underWay.get(name);
    if (running) return running;
    const call = this.fetchStatuses(keys, timeoutMs).finally(() => this.underWay.delete(name));
    this.underWay.set(name, call);
    return call;
  }

  /** Fills the cache. Answers null when all went well, else what went wrong. */
  private async fetchStatuses(keys: readonly ExternalKey[], timeoutMs: number): Promise<StudioAnswer | null> {
    const body = JSON.stringify({ external_keys: keys });
    const answer = await this.post(STUDIO_PATHS.accountStatuses, body, timeoutMs, (sent) => areStatuses(sent.statuses));
    if (answer.action !== 'done') return answer;
    for (const item of answer.body?.statuses as AccountStatusesItem[]) {
      this.cache.set(item.external_key, item.not_enrolled ? null : item.status);
    }
    return null;
  }

  private post(
    path: string,
    body: string,
    timeoutMs: number,
    looksRight: (body: Record<string, unknown>) => boolean,
  ): Promise<StudioAnswer> {
    return this.http.call({ method: 'POST', path, body, timeoutMs, looksRight });
  }

  private get(
    path: string,
    query: Record<string, string | number>,
    timeoutMs: number,
    looksRight: (body: Record<string, unknown>) => boolean,
  ): Promise<StudioAnswer> {
    return this.http.call({ method: 'GET', path, query, timeoutMs, looksRight });
  }
}

function areStatuses(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every(
      (item) =>
        isRecord(item) &&
        typeof item.external_key === 'string' &&
        (item.not_enrolled === true || (isRecord(item.status) && isRecord(item.status.credit))),
    )
  );
}
