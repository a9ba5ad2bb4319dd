import { Injectable } from '@nestjs/common';
import type { AccountSqlRow } from './account.convert.ts';
import { AccountStore } from './account.store.ts';
import { ChangeAccount, type AccountEdit } from './change-account.ts';

/** Suspends or reactivates an account. A suspended one gets no new holds; open holds may still be settled. */
@Injectable()
export class ChangeAccountStatus {
  constructor(
    private readonly changeAccount: ChangeAccount,
    private readonly accounts: AccountStore,
  ) {}

  /** Nothing is written when the account already has the status. */
  async run(edit: AccountEdit, status: 'ACTIVE' | 'SUSPENDED'): Promise<AccountSqlRow> {
    return this.changeAccount.run(edit, (current) => {
      if (current.account_status === status) return undefined;
      return {
        change: {
          kind: status === 'SUSPENDED' ? 'SUSPENDED' : 'REACTIVATED',
          before: { account_status: current.account_status },
          after: { account_status: status },
        },
        write: (tx) => this.accounts.setStatus(tx, edit.accountId, status),
      };
    });
  }
}
