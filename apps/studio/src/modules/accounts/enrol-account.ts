import { Injectable } from '@nestjs/common';
import type { AccountType, BillingMode } from '@tandem/contracts';
import { UnitOfWork } from '@tandem/platform/database/unit-of-work';
import { isEnrolled, type AccountSqlRow } from './account.convert.ts';
import { accountAlreadyEnrolled } from './account.errors.ts';
import { accountOfKey } from './account-selector.ts';
import { AccountStore } from './account.store.ts';
import type { Actor } from '../audit/audit-entry.ts';
import { AuditTrail } from '../audit/audit-trail.ts';

const DEFAULT_PAYMENT_TERMS_DAYS = 15;
const DEFAULT_CURRENCY = 'INR';

/** Who enrols which key, with which terms. */
export interface Enrolment {
  readonly externalKey: string;
  readonly displayName: string;
  readonly accountType?: AccountType | undefined;
  readonly tenantId?: string | null | undefined;
  readonly paymentTermsDays?: number | undefined;
  readonly currency?: string | undefined;
  readonly billingMode?: BillingMode | undefined;
  readonly reason?: string | undefined;
  readonly actor: string;
  /** Who that is exactly, for the audit trail. */
  readonly by?: Actor | undefined;
}

/** Gives a key a wallet. Events that came before enrolment are already on its stub and become visible under its id. */
@Injectable()
export class EnrolAccount {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly accounts: AccountStore,
    private readonly trail: AuditTrail,
  ) {}

  /** @throws DomainError `already_exists` when the key is enrolled */
  async run(enrolment: Enrolment): Promise<AccountSqlRow> {
    const account = accountOfKey(enrolment.externalKey, null);
    const billingMode = enrolment.billingMode ?? 'POSTPAID';
    return this.uow.run(async (tx) => {
      await this.trail.lock(tx);
      await this.accounts.createIfMissing(tx, account);
      // Of two enrolments at once the second waits here and then finds the wallet of the first.
      const before = await this.accounts.lock(tx, account.accountId);
      if (before && isEnrolled(before)) throw accountAlreadyEnrolled(account.externalKey);
      await this.accounts.enrol(
        tx,
        {
          accountId: account.accountId,
          displayName: enrolment.displayName,
          accountType: enrolment.accountType ?? 'EXTERNAL_ASSOCIATE',
          tenantId: enrolment.tenantId ?? null,
          paymentTermsDays: enrolment.paymentTermsDays ?? DEFAULT_PAYMENT_TERMS_DAYS,
          currency: enrolment.currency ?? DEFAULT_CURRENCY,
        },
        billingMode,
      );
      await this.accounts.record(tx, {
        accountId: account.accountId,
        kind: 'ENROLLED',
        before: null,
        after: { billing_mode: billingMode, account_status: 'ACTIVE' },
        actor: enrolment.actor,
        reason: enrolment.reason ?? null,
      });
      await this.trail.record(tx, {
        act: 'enrolled',
        phase: 'DONE',
        actor: enrolment.by ?? { email: enrolment.actor, role: null },
        target: account.externalKey,
        reason: enrolment.reason,
        after: { billing_mode: billingMode, account_status: 'ACTIVE' },
      });
      const enrolled = await this.accounts.lock(tx, account.accountId);
      if (!enrolled) throw new Error(`account ${account.accountId} vanished while it was locked`);
      return enrolled;
    });
  }
}
