import { Injectable } from '@nestjs/common';
import { UnitOfWork, type Tx } from '@tandem/platform/database/unit-of-work';
import { isEnrolled, type AccountSqlRow } from './account.convert.ts';
import { accountNotEnrolled, staleVersion } from './account.errors.ts';
import { AccountStore, type AccountChange } from './account.store.ts';
import type { Actor } from '../audit/audit-entry.ts';
import { AuditTrail } from '../audit/audit-trail.ts';

/** Who changes which account, and why. */
export interface AccountEdit {
  readonly accountId: string;
  readonly actor: string;
  /** Who that is exactly, for the audit trail. */
  readonly by?: Actor | undefined;
  /** The operator's act this change belongs to. */
  readonly actId?: string | undefined;
  readonly reason: string;
  /** Version the operator looked at; undefined takes the newest. */
  readonly version?: number | undefined;
}

/** A decided change: its history line, and the write that makes it true. */
export interface PlannedChange {
  readonly change: Pick<AccountChange, 'kind' | 'before' | 'after'>;
  readonly write: (tx: Tx) => Promise<void>;
}

/** Decides about the locked account; undefined when there is nothing to change. */
export type DecideChange = (
  current: AccountSqlRow,
  tx: Tx,
) => PlannedChange | undefined | Promise<PlannedChange | undefined>;

/** The one shape of every policy change: lock, check the version, decide, write, keep the history and the trail. */
@Injectable()
export class ChangeAccount {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly accounts: AccountStore,
    private readonly trail: AuditTrail,
  ) {}

  /**
   * Applies what `decide` plans for the locked account; nothing is written when it plans nothing.
   * @throws DomainError `account_not_enrolled`, `stale_version`, or what `decide` refuses
   */
  run(edit: AccountEdit, decide: DecideChange): Promise<AccountSqlRow> {
    return this.uow.run((tx) => this.within(tx, edit, decide));
  }

  /** The same inside a transaction that does more. */
  async within(tx: Tx, edit: AccountEdit, decide: DecideChange): Promise<AccountSqlRow> {
    await this.trail.lock(tx);
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
    await this.trail.record(tx, {
      act: plan.change.kind.toLowerCase(),
      phase: 'DONE',
      actor: edit.by ?? { email: edit.actor, role: null },
      target: current.external_key,
      reason: edit.reason,
      actId: edit.actId,
      before: plan.change.before,
      after: plan.change.after,
    });
    return (await this.accounts.lock(tx, edit.accountId)) ?? current;
  }
}
