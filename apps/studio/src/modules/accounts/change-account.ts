import { Injectable } from '@nestjs/common';
import { UnitOfWork, type Tx } from '@tandem/platform/database/unit-of-work';
import { isEnrolled, type AccountSqlRow } from './account.convert.ts';
import { accountNotEnrolled, staleVersion } from './account.errors.ts';
import { AccountStore, type AccountChange } from './account.store.ts';

/** Who changes which account, and why. */
export interface AccountEdit {
  readonly accountId: string;
  readonly actor: string;
  readonly reason: string;
  /** Version the operator looked at; undefined takes the newest. */
  readonly version?: number | undefined;
}

/** A decided change: its history line, and the write that makes it true. */
export interface PlannedChange {
  readonly change: Pick<AccountChange, 'kind' | 'before' | 'after'>;
  readonly write: (tx: Tx) => Promise<void>;
}

/** The one shape of every policy change: lock, check the version, decide, write, keep the history. */
@Injectable()
export class ChangeAccount {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly accounts: AccountStore,
  ) {}

  /**
   * Applies what `decide` plans for the locked account; nothing is written when it plans nothing.
   * @throws DomainError `account_not_enrolled`, `stale_version`, or what `decide` refuses
   */
  async run(
    edit: AccountEdit,
    decide: (current: AccountSqlRow, tx: Tx) => PlannedChange | undefined | Promise<PlannedChange | undefined>,
  ): Promise<AccountSqlRow> {
    return this.uow.run(async (tx) => {
      const current = await this.accounts.lock(tx, edit.accountId);
      if (!current || !isEnrolled(current)) throw accountNotEnrolled();
      if (edit.version !== undefined && edit.version !== current.version) throw staleVersion(current.version);
      const plan = await decide(current, tx);
      if (plan === undefined) return current;
      await plan.write(tx);
      await this.accounts.record(tx, {
        accountId: edit.accountId,
        ...plan.change,
        actor: edit.actor,
        reason: edit.reason,
      });
      await this.accounts.bumpVersion(tx, edit.accountId);
      return (await this.accounts.lock(tx, edit.accountId)) ?? current;
    });
  }
}
