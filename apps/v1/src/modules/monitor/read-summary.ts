import { Injectable } from '@nestjs/common';
import { creditsToNumber } from '@tandem/contracts';
import { Clock } from '@tandem/platform/clock';
import { V1Config } from '../../config/config.ts';
import { DirectoryQueries, type MonitoredAccount } from '../directory/directory.queries.ts';
import { LinkState } from '../studio-link/link-state.ts';
import type { StudioAnswer } from '../studio-link/studio-answer.ts';
import { StudioBillingAdapter } from '../studio-link/studio-billing-adapter.ts';
import { StudioLinkQueries, type LinkBacklog, type OutageRow } from '../studio-link/studio-link.queries.ts';
import { countAccounts, pageOfAccounts } from './account-page.ts';
import { didAnswer, isReachable, toAccountRow } from './account-rows.ts';
import { deadlineIn } from './deadline.ts';
import { INSTANCE } from './instance.ts';
import type { MonitorAccountRow } from './monitor-account.dto.ts';
import type { MonitorOutage, MonitorSummary, MonitorSummaryQuery, StudioConnection } from './monitor.dto.ts';
import { OpenAmountQueries } from './open-amounts.queries.ts';
import { PostpaidRowQueries } from './postpaid-rows.ts';
import { StudioMeta, type KnownMeta } from './studio-meta.ts';

const OUTAGES_SHOWN = 5;

/** The monitor's page: V1's books always, Studio's figures as far as they can be had within one deadline. */
@Injectable()
export class ReadSummary {
  constructor(
    private readonly directory: DirectoryQueries,
    private readonly adapter: StudioBillingAdapter,
    private readonly link: LinkState,
    private readonly linkQueries: StudioLinkQueries,
    private readonly meta: StudioMeta,
    private readonly openAmounts: OpenAmountQueries,
    private readonly postpaid: PostpaidRowQueries,
    private readonly clock: Clock,
    private readonly config: V1Config,
  ) {}

  /** @throws DomainError `bad_request` for a cursor that is not of this list. */
  async run(query: MonitorSummaryQuery): Promise<MonitorSummary> {
    const startedAt = this.clock.now();
    const timeLeft = deadlineIn(this.config.studioHttpTimeoutSeconds * 1000);
    // While the link is known to be down, a cached identity would hide that it is up again, or still down.
    const metaOptions = { timeoutMs: timeLeft(), refresh: query.refresh || this.link.lastFailure !== null };
    const [found, meta, amounts, postpaid, backlog, outages] = await Promise.all([
      this.statuses(query, timeLeft),
      this.meta.read(metaOptions),
      this.openAmounts.byAccount(),
      this.postpaid.newest(),
      this.linkQueries.backlog(),
      this.linkQueries.outages(OUTAGES_SHOWN),
    ]);
    const failure = found.asked ? found.failure : meta.failure;
    const rows = found.accounts.map((account) => {
      const known = this.adapter.known(account.external_key);
      const isConfirmed = failure === null || (known.fetchedAt !== null && known.fetchedAt >= startedAt);
      return toAccountRow(
        account,
        { known, failure: isConfirmed ? null : failure },
        { amounts: amounts.get(account.external_key) ?? [], defaultMode: this.config.defaultBillingMode },
      );
    });
    const page = pageOfAccounts(rows, query);
    return {
      instance: INSTANCE,
      v1_meta: this.v1Identity(),
      studio: this.connection(page.rows, failure, meta),
      accounts: page.rows,
      counts: countAccounts(rows),
      next_cursor: page.next_cursor,
      ...postpaid,
      ...toBacklog(backlog),
      outages: outages.map(toOutage),
    };
  }

  /** Accounts that match the search, with their figures in the cache. Sorting by severity needs those of all of them. */
  private async statuses(
    { q, refresh }: MonitorSummaryQuery,
    timeLeft: () => number,
  ): Promise<{ accounts: MonitoredAccount[]; asked: boolean; failure: StudioAnswer | null }> {
    const accounts = matching(await this.directory.accountsForMonitor(), q);
    const keys = accounts.map((account) => account.external_key);
    const asked = keys.length > 0 && (refresh || keys.some((key) => !this.adapter.known(key).fresh));
    const { failure } = await this.adapter.getBillingStatuses(keys, { timeoutMs: timeLeft(), refresh });
    return { accounts, asked, failure };
  }

  private v1Identity(): MonitorSummary['v1_meta'] {
    return {
      app: 'tandem-v1',
      version: this.config.version,
      environment: this.config.environment,
      default_billing_mode: this.config.defaultBillingMode,
    };
  }

  private connection(
    shown: readonly MonitorAccountRow[],
    failure: StudioAnswer | null,
    meta: { known: KnownMeta | null; failure: StudioAnswer | null },
  ): StudioConnection {
    const ages = shown.map((row) => row.age_seconds).filter((age) => age !== null);
    return {
      base_url: this.config.studioBaseUrl,
      reachable: isReachable(failure),
      reason: failure?.reason ?? 'ok',
      token_rejected: failure?.reason === 'token_rejected',
      studio_meta: meta.known?.meta ?? null,
      latency_ms: meta.known?.latencyMs ?? null,
      last_ok_at: this.link.lastOkAt?.toISOString() ?? null,
      cache_age_seconds: ages.length === 0 ? null : Math.max(...ages),
      cache_ttl_seconds: this.config.studioStatusCacheSeconds,
      error: failure?.error ?? meta.failure?.error ?? null,
      // A rejected token has a banner of its own: saying "unavailable" would send people to look at the wrong end.
      show_cached_banner: !didAnswer(failure) && ages.length > 0,
      reconcile_endpoint: '/v1/admin/studio-link/decisions',
    };
  }
}

function matching(accounts: MonitoredAccount[], q: string | undefined): MonitoredAccount[] {
  if (q === undefined || q === '') return accounts;
  const wanted = q.toLowerCase();
  return accounts.filter(
    ({ display_name, external_key }) =>
      display_name.toLowerCase().includes(wanted) || external_key.toLowerCase().includes(wanted),
  );
}

function toBacklog(backlog: LinkBacklog): Pick<MonitorSummary, 'outbox' | 'decisions'> {
  return {
    outbox: {
      pending: backlog.pendingRows,
      parked: backlog.parkedRows,
      oldest_pending_at: backlog.oldestPendingAt?.toISOString() ?? null,
    },
    decisions: { open: backlog.openDecisions, open_exposure: creditsToNumber(backlog.openExposure) },
  };
}

function toOutage(outage: OutageRow): MonitorOutage {
  return {
    id: outage.id,
    reason: outage.reason,
    started_at: outage.startedAt.toISOString(),
    ended_at: outage.endedAt?.toISOString() ?? null,
    decisions: outage.decisions,
    amount: creditsToNumber(outage.amount),
    refused_amount: creditsToNumber(outage.refusedAmount),
  };
}
