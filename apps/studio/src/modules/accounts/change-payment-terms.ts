import { Injectable } from '@nestjs/common';
import type { AccountSqlRow } from './account.convert.ts';
import { AccountStore } from './account.store.ts';
import { ChangeAccount, type AccountEdit } from './change-account.ts';

/** Changes how many days invoices of an account may stay unpaid. */
@Injectable()
export class ChangePaymentTerms {
  constructor(
    private readonly changeAccount: ChangeAccount,
    private readonly accounts: AccountStore,
  ) {}

  /** Nothing is written when the account already has the terms. */
  async run(edit: AccountEdit, paymentTermsDays: number): Promise<AccountSqlRow> {
    return this.changeAccount.run(edit, (current) => {
      if (current.payment_terms_days === paymentTermsDays) return undefined;
      return {
        change: {
          kind: 'PAYMENT_TERMS_CHANGED',
          before: { payment_terms_days: current.payment_terms_days },
          after: { payment_terms_days: paymentTermsDays },
        },
        write: (tx) => this.accounts.setPaymentTerms(tx, edit.accountId, paymentTermsDays),
      };
    });
  }
}
