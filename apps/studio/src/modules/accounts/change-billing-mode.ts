import { Injectable } from '@nestjs/common';
import type { BillingMode } from '@tandem/contracts';
import type { AccountSqlRow } from './account.convert.ts';
import { creditModeNeedsCredits } from './account.errors.ts';
import { AccountStore } from './account.store.ts';
import { ChangeAccount, type AccountEdit } from './change-account.ts';

function availableMicro(account: AccountSqlRow): bigint {
  return BigInt(account.balance_micro ?? 0) - BigInt(account.reserved_micro ?? 0);
}

/**
 * Switches how new work of an account is paid, from now on. Open holds live on: work that was accepted follows its own
 * funding decision, not today's mode.
 */
@Injectable()
export class ChangeBillingMode {
  constructor(
    private readonly changeAccount: ChangeAccount,
    private readonly accounts: AccountStore,
  ) {}

  /**
   * Nothing is written when the account already has the mode.
   * @throws DomainError `credit_mode_needs_credits` for CREDIT with nothing available, unless forced
   */
  async run(edit: AccountEdit, billingMode: BillingMode, options: { force: boolean }): Promise<AccountSqlRow> {
    return this.changeAccount.run(edit, (current) => {
      if (current.billing_mode === billingMode) return undefined;
      // The wallet is locked, so no command can spend the credits between this check and the switch.
      if (billingMode === 'CREDIT' && !options.force && availableMicro(current) <= 0n) throw creditModeNeedsCredits();
      return {
        change: {
          kind: 'MODE_CHANGED',
          before: { billing_mode: current.billing_mode },
          after: { billing_mode: billingMode, force: options.force },
        },
        write: (tx) => this.accounts.setBillingMode(tx, edit.accountId, billingMode),
      };
    });
  }
}
