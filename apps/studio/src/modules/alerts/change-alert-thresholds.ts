import { Injectable } from '@nestjs/common';
import { creditsToDecimal, type Credits } from '@tandem/contracts';
import type { AccountSqlRow } from '../accounts/account.convert.ts';
import { ChangeAccount, type AccountEdit } from '../accounts/change-account.ts';
import { AlertThresholdStore } from './alert-threshold.store.ts';

/** Sets the thresholds of an account, all at once: what is not named is removed. */
@Injectable()
export class ChangeAlertThresholds {
  constructor(
    private readonly changeAccount: ChangeAccount,
    private readonly thresholds: AlertThresholdStore,
  ) {}

  /**
   * Nothing is written when the account has exactly these thresholds. Locks: account, wallet, position; the fold takes
   * only the last.
   * @throws DomainError `account_not_enrolled`, `stale_version`
   */
  async run(edit: AccountEdit, wanted: readonly Credits[]): Promise<AccountSqlRow> {
    const next = [...new Set(wanted)].toSorted((one, other) => (one < other ? -1 : 1));
    return this.changeAccount.run(edit, async (_account, tx) => {
      const known = (await this.thresholds.lock(tx, edit.accountId))?.thresholds ?? [];
      const before = known.map(({ thresholdMicro }) => creditsToDecimal(thresholdMicro));
      const after = next.map(creditsToDecimal);
      if (before.join() === after.join()) return undefined;
      return {
        change: { kind: 'ALERT_THRESHOLDS_CHANGED', before: { thresholds: before }, after: { thresholds: after } },
        write: () => this.thresholds.replace(tx, edit.accountId, next),
      };
    });
  }
}
