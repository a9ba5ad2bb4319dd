import { Injectable } from '@nestjs/common';
import { fromMicroCredits, parseCredits, type Credits, parseSignedCredits } from '@tandem/contracts';
import { Clock } from '@tandem/platform/clock';
import { DomainError, ValidationError } from '@tandem/platform/errors';
import type { Operator } from '../../http/current-operator.ts';
import { isEnrolled } from '../accounts/account.convert.ts';
import { accountNotEnrolled } from '../accounts/account.errors.ts';
import { AccountQueries } from '../accounts/account.queries.ts';
import { accountOfKey } from '../accounts/account-selector.ts';
import type { ActFields, ActOperation, OperatorAct } from '../approvals/operator-act.ts';
import { PerformAct, type PerformedAct } from '../approvals/perform-act.ts';
import { CommandLookupQueries } from '../ledger/command-lookup.queries.ts';
import type {
  AdjustCreditsRequest,
  ClawBackRequest,
  GrantCreditsRequest,
  ReverseEntryRequest,
  TransferCreditsRequest,
} from './credit-acts.dto.ts';

/** Who asks, about which account, under which key, and why. */
export interface ActContext {
  readonly operator: Operator;
  readonly externalKey: string;
  readonly idempotencyKey: string;
  readonly reason: string;
}

/** Turns what an operator asks into an act: its fields, and how much is at stake. */
@Injectable()
export class CreditActs {
  constructor(
    private readonly accounts: AccountQueries,
    private readonly lookup: CommandLookupQueries,
    private readonly performAct: PerformAct,
    private readonly clock: Clock,
  ) {}

  /** @throws DomainError `account_not_enrolled`, or what `PerformAct` refuses; ValidationError for an end in the past */
  async grant(context: ActContext, body: GrantCreditsRequest): Promise<PerformedAct> {
    const amount = parseCredits(body.amount);
    const lotExpiresAt = body.expires_at == null ? undefined : new Date(body.expires_at);
    if (lotExpiresAt && lotExpiresAt <= this.clock.now()) {
      throw new ValidationError([{ path: 'expires_at', message: 'expires_at must be in the future' }]);
    }
    const fields = { amount, lotKind: body.kind, lotPriority: body.priority, lotExpiresAt };
    return this.perform(context, 'grant', fields, amount);
  }

  async adjust(context: ActContext, body: AdjustCreditsRequest): Promise<PerformedAct> {
    const amount = parseSignedCredits(body.amount);
    return this.perform(context, 'adjust', { amount }, fromMicroCredits(amount < 0n ? 0n - amount : amount));
  }

  /** @throws DomainError `ledger_entry_not_found` */
  async reverse(context: ActContext, body: ReverseEntryRequest): Promise<PerformedAct> {
    const amount = optionalCredits(body.amount);
    const moved = await this.lookup.movedBy(accountIdOf(context), body.seq);
    if (moved === undefined) throw new DomainError('ledger_entry_not_found', 'The account has no such movement.');
    return this.perform(context, 'reverse', { reversesSeq: body.seq, amount }, amount ?? moved);
  }

  async transfer(context: ActContext, body: TransferCreditsRequest): Promise<PerformedAct> {
    const to = accountOfKey(body.to_external_key, null);
    if (to.accountId === accountIdOf(context)) {
      throw new ValidationError([{ path: 'to_external_key', message: 'must be another account' }]);
    }
    await this.checkEnrolled(to.accountId);
    const amount = parseCredits(body.amount);
    return this.perform(
      context,
      'transfer',
      { amount, toAccountId: to.accountId, toExternalKey: to.externalKey },
      amount,
    );
  }

  /** @throws DomainError `purchase_not_found` */
  async clawBack(context: ActContext, body: ClawBackRequest): Promise<PerformedAct> {
    const purchase = { refType: body.ref_type, refId: body.ref_id };
    const amount = optionalCredits(body.amount);
    const atStake = amount ?? (await this.lookup.amountOfPurchase(accountIdOf(context), purchase));
    if (atStake === undefined) throw new DomainError('purchase_not_found', 'The account has no such purchase.');
    return this.perform(context, 'clawback', { ...purchase, amount }, atStake);
  }

  /** What is held was promised for its work. Only what is charged beyond it is at stake. */
  async consume(context: ActContext, reservationId: string, amount: Credits | undefined): Promise<PerformedAct> {
    const fields = { reservationId, amount };
    if (amount === undefined) return this.perform(context, 'consume', fields, null);
    const held = await this.lookup.heldBy(accountIdOf(context), reservationId);
    // A hold that is not open charges nothing: the ledger says so.
    const beyond = held !== undefined && amount > held ? fromMicroCredits(amount - held) : null;
    return this.perform(context, 'consume', fields, beyond);
  }

  /** Everyday acts on a hold or a shortfall: nothing is given away, so one person is enough. */
  everyday(context: ActContext, operation: 'release' | 'extend' | 'recover', fields: ActFields): Promise<PerformedAct> {
    return this.perform(context, operation, fields, null);
  }

  /** Any limit counts with its whole size, also a lower one: what it replaces may change before it is set. */
  async overdraftLimit(context: ActContext, limit: Credits, version: number | undefined): Promise<PerformedAct> {
    return this.perform(context, 'overdraft', { amount: limit, version }, limit);
  }

  private async perform(
    context: ActContext,
    operation: ActOperation,
    fields: ActFields,
    atStake: Credits | null,
  ): Promise<PerformedAct> {
    const { operator, externalKey, idempotencyKey, reason } = context;
    const account = accountOfKey(externalKey, null);
    await this.checkEnrolled(account.accountId);
    const weight = atStake === 0n ? null : atStake;
    const act: OperatorAct = { ...account, operation, idempotencyKey, reason, fields, weight };
    return this.performAct.run(operator, act);
  }

  private async checkEnrolled(accountId: string): Promise<void> {
    const account = await this.accounts.byId(accountId);
    if (!account || !isEnrolled(account)) throw accountNotEnrolled();
  }
}

function accountIdOf(context: ActContext): string {
  return accountOfKey(context.externalKey, null).accountId;
}

function optionalCredits(amount: number | string | null | undefined): Credits | undefined {
  return amount == null ? undefined : parseCredits(amount);
}
