import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { SealMark } from '@tandem/contracts';
import { RepeatingTask } from '@tandem/platform/jobs/repeating-task';
import { CreditLedger } from '../ledger/credit-ledger.ts';
import { SealQueries } from './seal.queries.ts';

const REFRESH_MS = 10_000;
const ACCOUNTS_MAX = 100_000;
/** Heads read at once, each of at most 500 seals. */
const HEADS_PER_READ = 10;
/** Heads a process that just started looks back at: older seals are known once their account is sealed again. */
const HEADS_LOOKED_BACK = 500;

/**
 * The last seal of each account that was sealed lately, for receipts: read a few times a minute for all accounts
 * together, so that no command asks for it.
 */
@Injectable()
export class LastSeals implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(LastSeals.name);
  private readonly marks = new Map<string, SealMark>();
  private known: { position: number; digest: string } | null = null;
  private readonly loop: RepeatingTask;

  constructor(
    private readonly seals: SealQueries,
    ledger: CreditLedger,
  ) {
    ledger.lastSealOf = (accountId) => this.marks.get(accountId) ?? null;
    this.loop = new RepeatingTask(
      REFRESH_MS,
      () => this.refresh(),
      (error) => {
        // The database is away, and may be another one when it is back: receipts go without a seal until then.
        this.forget();
        this.logger.warn(error);
      },
    );
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.loop.stop();
  }

  /** Takes in what was sealed since the last time. */
  async refresh(): Promise<void> {
    const newest = await this.seals.head();
    if (this.known !== null && (await this.seals.head(this.known.position))?.digest !== this.known.digest) {
      // The chain is another one: the database was put back under this process.
      this.forget();
    }
    if (newest === null) return;
    let after = this.known?.position ?? Math.max(0, newest.position - HEADS_LOOKED_BACK);
    while (after < newest.position) {
      const last = Math.min(after + HEADS_PER_READ, newest.position);
      for (const { accountId, seq, digest } of await this.seals.sealedBetween(after, last)) {
        this.keep(accountId, { seq, digest });
      }
      after = last;
    }
    this.known = { position: newest.position, digest: newest.digest };
  }

  private forget(): void {
    this.marks.clear();
    this.known = null;
  }

  /** Maps keep the order of insertion: the account sealed longest ago goes first. */
  private keep(accountId: string, mark: SealMark): void {
    this.marks.delete(accountId);
    this.marks.set(accountId, mark);
    if (this.marks.size <= ACCOUNTS_MAX) return;
    const oldest = this.marks.keys().next();
    if (!oldest.done) this.marks.delete(oldest.value);
  }
}
