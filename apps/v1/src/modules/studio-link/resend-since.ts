import type { UnitOfWork } from '@tandem/platform/database/unit-of-work';
import type { SetbackStore } from './setback.store.ts';

export interface ResendInput {
  readonly since: Date;
  /** One account, or all of them. */
  readonly accountKey: string | null;
  /** Says what would be done, and does nothing. */
  readonly dryRun: boolean;
  /** Who asks; kept in the book of setbacks. */
  readonly actor: string;
}

export interface ResendResult {
  readonly accounts: readonly { readonly external_key: string; readonly rows: number }[];
  readonly rows: number;
}

/**
 * Opens every outbox row again that had its outcome since a time, for when V1 cannot notice by itself that Studio lost
 * something. Harmless where Studio lost nothing: a known key answers its stored outcome.
 */
export class ResendSince {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly store: SetbackStore,
  ) {}

  async run({ since, accountKey, dryRun, actor }: ResendInput): Promise<ResendResult> {
    const found = await this.store.settledSince(since, accountKey);
    const accounts: { external_key: string; rows: number }[] = [];
    for (const account of found) {
      const rows = dryRun ? account.rows : await this.reopen(account.accountKey, since, actor);
      accounts.push({ external_key: account.accountKey, rows });
    }
    return { accounts, rows: accounts.reduce((sum, { rows }) => sum + rows, 0) };
  }

  /** One account, one transaction: a person who stops half-way leaves whole lanes behind. */
  private async reopen(accountKey: string, settledSince: Date, actor: string): Promise<number> {
    for (;;) {
      const setbacks = await this.store.setbacksOf(accountKey);
      const [held = null] = await this.store.held([accountKey]);
      const reopened = await this.uow.run((tx) =>
        this.store.record(tx, { accountKey, settledSince, reason: 'asked_for', actor, setbacks, held, found: null }),
      );
      // Null: V1 itself has opened rows of this account meanwhile. What it left is looked at again.
      if (reopened !== null) return reopened;
    }
  }
}
