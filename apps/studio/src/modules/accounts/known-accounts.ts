import { Injectable } from '@nestjs/common';
import type { AccountSqlRow } from './account.convert.ts';
import { accountNotEnrolled } from './account.errors.ts';
import { AccountQueries } from './account.queries.ts';
import { accountOfKey } from './account-selector.ts';

/** Finds the account an operator reads about: also one that only collected events so far. */
@Injectable()
export class KnownAccounts {
  constructor(private readonly accounts: AccountQueries) {}

  /** @throws DomainError `account_not_enrolled` when nothing is known of the key; ValidationError when it is no key */
  async find(externalKey: string): Promise<AccountSqlRow> {
    const row = await this.accounts.byId(accountOfKey(externalKey, null).accountId);
    if (row === undefined) throw accountNotEnrolled();
    return row;
  }
}
