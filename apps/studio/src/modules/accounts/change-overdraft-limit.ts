import { Injectable } from '@nestjs/common';
import { creditsToDecimal, fromMicroCredits, type Credits } from '@tandem/contracts';
import type { Tx } from '@tandem/platform/database/unit-of-work';
import type { AccountSqlRow } from './account.convert.ts';
import { overdraftInUse } from './account.errors.ts';
import { AccountStore } from './account.store.ts';
import { ChangeAccount, type AccountEdit } from './change-account.ts';

/** Changes how far below zero the available credits of an account may go. */
@Injectable()
export class ChangeOverdraftLimit {
  constructor(
    private readonly changeAccount: ChangeAccount,
    private readonly accounts: AccountStore,
  ) {}

  /**
   * Nothing is written when the account already has the limit.
   * @throws DomainError `overdraft_in_use` when the account uses more, `account_not_enrolled`, `stale_version`
   */
  within(tx: Tx, edit: AccountEdit, limit: Credits): Promise<AccountSqlRow> {
    return this.changeAccount.within(tx, edit, (current) => {
      const before = fromMicroCredits(current.overdraft_limit_micro ?? 0);
      if (before === limit) return undefined;
      return {
        change: {
          kind: 'OVERDRAFT_LIMIT_CHANGED',
          before: { overdraft_limit: creditsToDecimal(before) },
          after: { overdraft_limit: creditsToDecimal(limit) },
        },
        write: async () => {
          // The version this change makes: it names the limit among those of one account.
          const account = { accountId: edit.accountId, version: current.version + 1 };
          if (!(await this.accounts.setOverdraftLimit(tx, account, limit))) throw overdraftInUse();
        },
      };
    });
  }
}
