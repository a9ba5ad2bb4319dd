import { Injectable } from '@nestjs/common';
import { isEnrolled, type AccountSqlRow } from './account.convert.ts';
import { accountNotEnrolled } from './account.errors.ts';
import { AccountQueries } from './account.queries.ts';
import { AccountResolver, checkNamespace, type AccountNames, type NamespaceBound } from './account-selector.ts';

/** Finds the enrolled account a read is about. */
@Injectable()
export class EnrolledAccounts {
  constructor(
    private readonly accounts: AccountQueries,
    private readonly resolver: AccountResolver,
  ) {}

  /** @throws DomainError `account_not_enrolled`, `forbidden`; ValidationError when the names are missing or disagree */
  async find(names: AccountNames, caller: NamespaceBound): Promise<AccountSqlRow> {
    // The namespace is checked on the row, which is read anyway: asking for it here would look the id up twice.
    const { accountId } = await this.resolver.resolve(names, { namespace: null });
    const row = await this.accounts.byId(accountId);
    const externalKey = row?.external_key ?? names.external_key;
    if (externalKey != null) checkNamespace(externalKey, caller.namespace);
    if (!row || !isEnrolled(row)) throw accountNotEnrolled();
    return row;
  }
}
