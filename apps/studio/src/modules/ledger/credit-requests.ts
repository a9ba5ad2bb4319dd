import { Injectable } from '@nestjs/common';
import {
  parseCredits,
  type ChargeCreditsRequest,
  type ConsumeCreditsRequest,
  type CreditCommandRequest,
  type ExtendReservationRequest,
  type ReleaseCreditsRequest,
  type ReserveCreditsRequest,
} from '@tandem/contracts';
import { ValidationError } from '@tandem/platform/errors';
import type { ServicePrincipal } from '@tandem/platform/identity/principal';
import { StudioConfig } from '../../config/config.ts';
import { idempotencyKeyOf } from '../../http/idempotency-key.ts';
import { AccountResolver } from '../accounts/account-selector.ts';
import { answerMovement, answerReserve, answerSettlement, type Answered, type CreditAnswer } from './credit-answers.ts';
import type { CommandOutcome, CreditCommand, CreditOperation } from './credit-command.ts';
import { CreditLedger } from './credit-ledger.ts';

/** A command, at once or once its account is looked up: a promise awaited for nothing costs every request. */
export type ReadCommand = CreditCommand | Promise<CreditCommand>;

/** Fields of a command that its body alone decides. */
type OwnFields = Omit<CreditCommand, 'accountId' | 'client' | 'idempotencyKey'>;

/**
 * What a service asks for, read into a command of the ledger, and the command's outcome turned into an answer. Reading
 * throws ValidationError for what a shape alone cannot say, and DomainError for an account the token may not use.
 */
@Injectable()
export class CreditRequests {
  constructor(
    private readonly ledger: CreditLedger,
    private readonly accounts: AccountResolver,
    private readonly config: StudioConfig,
  ) {}

  /** Applies a command. @throws DomainError for a refusal */
  run(read: ReadCommand): Promise<Answered<CreditAnswer>> {
    if (read instanceof Promise) return read.then((command) => this.run(command));
    return this.ledger.apply(read).then((outcome) => this.answer(read, outcome));
  }

  private answer(command: CreditCommand, outcome: CommandOutcome): Answered<CreditAnswer> {
    switch (command.operation) {
      case 'reserve':
        return answerReserve(this.ledger, command, outcome);
      case 'consume':
      case 'release':
        return answerSettlement(this.ledger, command, outcome);
      default:
        return answerMovement(this.ledger, command, outcome);
    }
  }

  reserve(service: ServicePrincipal, body: ReserveCreditsRequest, keyHeader?: string): ReadCommand {
    return this.read(service, body, keyHeader, {
      operation: 'reserve',
      amount: parseCredits(body.amount ?? 1),
      refType: body.ref_type,
      refId: body.ref_id,
      acceptance: body.acceptance ?? undefined,
      expiresInMinutes: body.expires_in_minutes ?? this.config.reservationTimeoutMinutes,
    });
  }

  consume(service: ServicePrincipal, body: ConsumeCreditsRequest, keyHeader?: string): ReadCommand {
    if (body.on_missing_hold === 'settle' && body.amount == null) {
      throw new ValidationError([{ path: 'amount', message: 'amount is required with on_missing_hold' }]);
    }
    requireWork(body);
    return this.read(service, body, keyHeader, workOf('consume', body, body.on_missing_hold === 'settle'));
  }

  release(service: ServicePrincipal, body: ReleaseCreditsRequest, keyHeader?: string): ReadCommand {
    requireWork(body);
    return this.read(service, body, keyHeader, workOf('release', body));
  }

  charge(service: ServicePrincipal, body: ChargeCreditsRequest, keyHeader?: string): ReadCommand {
    return this.read(service, body, keyHeader, {
      operation: 'charge',
      amount: parseCredits(body.amount),
      refType: body.ref_type ?? undefined,
      refId: body.ref_id ?? undefined,
    });
  }

  extend(
    service: ServicePrincipal,
    reservationId: string,
    body: ExtendReservationRequest,
    keyHeader?: string,
  ): ReadCommand {
    return this.read(service, body, keyHeader, {
      operation: 'extend',
      reservationId,
      expiresInMinutes: body.expires_in_minutes,
    });
  }

  /** A command whose own fields are read already, for the account and under the key its body names. */
  read(
    service: ServicePrincipal,
    body: CreditCommandRequest,
    keyHeader: string | undefined,
    own: OwnFields,
  ): ReadCommand {
    const idempotencyKey = idempotencyKeyOf(keyHeader, body.idempotency_key);
    const selected = this.accounts.resolve(body, service);
    return selected instanceof Promise
      ? selected.then(({ accountId }) => commandOf(accountId, service, idempotencyKey, body, own))
      : commandOf(selected.accountId, service, idempotencyKey, body, own);
  }
}

/** Written out: an object copied together from parts is slow to make, and slow for every later reader. */
function commandOf(
  accountId: string,
  service: ServicePrincipal,
  idempotencyKey: string,
  body: CreditCommandRequest,
  own: OwnFields,
): CreditCommand {
  return {
    accountId,
    operation: own.operation,
    client: service.client,
    idempotencyKey,
    amount: own.amount,
    refType: own.refType,
    refId: own.refId,
    acceptance: own.acceptance,
    reservationId: own.reservationId,
    expiresInMinutes: own.expiresInMinutes,
    settleWithoutHold: own.settleWithoutHold,
    lotKind: own.lotKind,
    lotPriority: own.lotPriority,
    lotExpiresAt: own.lotExpiresAt,
    reversesSeq: own.reversesSeq,
    toAccountId: own.toAccountId,
    shortfallId: own.shortfallId,
    actor: body.acting_user ?? undefined,
    reason: body.reason ?? undefined,
  };
}

function workOf(
  operation: CreditOperation,
  body: ConsumeCreditsRequest | ReleaseCreditsRequest,
  settleWithoutHold?: boolean,
): OwnFields {
  return {
    operation,
    amount: body.amount == null ? undefined : parseCredits(body.amount),
    refType: body.ref_type ?? undefined,
    refId: body.ref_id ?? undefined,
    acceptance: body.acceptance ?? undefined,
    reservationId: body.reservation_id ?? undefined,
    settleWithoutHold,
  };
}

function requireWork(body: ReleaseCreditsRequest): void {
  // A JSON null says the same as an absent field.
  if (body.reservation_id == null && (body.ref_type == null || body.ref_id == null)) {
    throw new ValidationError([
      { path: 'reservation_id', message: 'reservation_id, or ref_type and ref_id, is required' },
    ]);
  }
}
