import { Injectable } from '@nestjs/common';
import { InvalidExternalKeyError, toExternalKey, type ExternalKey } from '@tandem/contracts';
import { PgPool } from '@tandem/platform/database/pool';
import { DomainError, ValidationError } from '@tandem/platform/errors';
import { accountNotEnrolled } from './account.errors.ts';
import { accountIdOf, rememberedAccountId } from './account-id.ts';

/** The two ways a request may name an account. */
export interface AccountNames {
  readonly account_id?: string | null | undefined;
  readonly external_key?: string | null | undefined;
}

/** The account a request means. The key is known when the request gave it, or when it had to be looked up. */
export interface SelectedAccount {
  readonly accountId: string;
  readonly externalKey?: string;
}

/** The part of a service token that says which accounts it may use; null: all of them. */
export interface NamespaceBound {
  readonly namespace: string | null;
}

/**
 * Refuses a key outside the namespace the caller's token is bound to. The namespace comes from the token, never from
 * the request.
 * @throws DomainError `forbidden`
 */
export function checkNamespace(externalKey: string, namespace: string | null): void {
  if (namespace && !externalKey.startsWith(namespace)) {
    throw new DomainError('forbidden', `this token may only use accounts under ${namespace}`);
  }
}

function readKey(text: string): ExternalKey {
  try {
    return toExternalKey(text);
  } catch (error) {
    if (!(error instanceof InvalidExternalKeyError)) throw error;
    throw new ValidationError([{ path: 'external_key', message: error.message }], error.message);
  }
}

/**
 * Account of a key, within the token's namespace; no look-up is needed.
 * @throws ValidationError when the key is not canonical; DomainError `forbidden` outside the namespace
 */
export function accountOfKey(externalKey: string, namespace: string | null): Required<SelectedAccount> {
  const accountId = rememberedAccountId(externalKey) ?? accountIdOf(readKey(externalKey));
  checkNamespace(externalKey, namespace);
  return { accountId, externalKey };
}

/**
 * The account of a request that names it by key, alone or beside its id.
 * @throws ValidationError when the key and the id name two accounts
 */
export function accountOfNames(
  names: AccountNames & { readonly external_key: string },
  namespace: string | null,
): Required<SelectedAccount> {
  const selected = accountOfKey(names.external_key, namespace);
  if (names.account_id != null && names.account_id.toLowerCase() !== selected.accountId) {
    const message = 'account_id and external_key name two accounts';
    throw new ValidationError([{ path: 'account_id', message }], message);
  }
  return selected;
}

/** Finds out which account a service request means, and whether its token may use it. */
@Injectable()
export class AccountResolver {
  constructor(private readonly pool: PgPool) {}

  /**
   * A key is turned into its id without a look-up. An id alone is looked up only for a token bound to a namespace: the
   * id does not show which namespace it belongs to, so an account nobody knows yet can be named by its key alone. Other
   * tokens' unknown ids are left to the caller to answer 404. Answers without a promise where it can: each one awaited
   * costs every request.
   * @throws ValidationError when neither is given, or when the two disagree
   * @throws DomainError `forbidden` for an account outside the token's namespace, `account_not_enrolled` for an id that
   *   shows no namespace
   */
  resolve(names: AccountNames, { namespace }: NamespaceBound): SelectedAccount | Promise<SelectedAccount> {
    const { account_id, external_key } = names;
    // A JSON null says the same as an absent field.
    if (external_key != null) return accountOfNames({ account_id, external_key }, namespace);
    if (account_id == null) {
      const message = 'account_id or external_key is required';
      throw new ValidationError([{ path: 'external_key', message }], message);
    }
    const accountId = account_id.toLowerCase();
    return namespace ? this.withinNamespace(accountId, namespace) : { accountId };
  }

  private async withinNamespace(accountId: string, namespace: string): Promise<SelectedAccount> {
    const externalKey = (await this.keysOf([accountId])).get(accountId);
    if (externalKey === undefined) throw accountNotEnrolled();
    checkNamespace(externalKey, namespace);
    return { accountId, externalKey };
  }

  /** Keys of known account ids, in one read. Unknown ids are absent. */
  async keysOf(accountIds: readonly string[]): Promise<Map<string, string>> {
    const { rows } = await this.pool.query<{ account_id: string; external_key: string }>({
      name: 'account-keys',
      text: 'SELECT account_id, external_key FROM accounts WHERE account_id = ANY($1::uuid[])',
      values: [accountIds],
    });
    return new Map(rows.map((row) => [row.account_id, row.external_key]));
  }
}
