import { Injectable } from '@nestjs/common';
import {
  parseCredits,
  type ChargeCreditsRequest,
  type ConsumeCreditsRequest,
  type CreditCommandRequest,
  type CreditMovementAnswer,
  type ExtendReservationRequest,
  type IgnoredByPolicy,
  type ReleaseCreditsRequest,
  type ReserveAnswer,
  type ReserveCreditsRequest,
  type SettlementAnswer,
} from '@tandem/contracts';
import { ValidationError } from '@tandem/platform/errors';
import type { ServicePrincipal } from '@tandem/platform/identity/principal';
import { StudioConfig } from '../../config/config.ts';
import { idempotencyKeyOf } from '../../http/idempotency-key.ts';
import { AccountResolver } from '../accounts/account-selector.ts';
import { answerMovement, answerReserve, answerSettlement, type Answered } from './credit-answers.ts';
import type { CreditCommand, CreditOperation } from './credit-command.ts';
import { CreditLedger } from './credit-ledger.ts';

/** What a service asks for, turned into a command of the ledger and its outcome back into an answer. */
@Injectable()
export class CreditRequests {
  constructor(
    private readonly ledger: CreditLedger,
    private readonly accounts: AccountResolver,
    private readonly config: StudioConfig,
  ) {}

  /** @throws DomainError for a refusal; ValidationError for what a shape alone cannot say. */
  async reserve(
    service: ServicePrincipal,
    body: ReserveCreditsRequest,
    keyHeader?: string,
  ): Promise<Answered<ReserveAnswer | IgnoredByPolicy>> {
    const command: CreditCommand = {
      ...(await this.commonFields(service, 'reserve', body, keyHeader)),
      amount: parseCredits(body.amount ?? 1),
      refType: body.ref_type,
      refId: body.ref_id,
      expiresInMinutes: body.expires_in_minutes ?? this.config.reservationTimeoutMinutes,
    };
    return answerReserve(this.ledger, command, await this.ledger.apply(command));
  }

  /** Same errors as `reserve`. */
  async consume(
    service: ServicePrincipal,
    body: ConsumeCreditsRequest,
    keyHeader?: string,
  ): Promise<Answered<SettlementAnswer | IgnoredByPolicy>> {
    if (body.on_missing_hold === 'settle' && body.amount == null) {
      throw new ValidationError([{ path: 'amount', message: 'amount is required with on_missing_hold' }]);
    }
    const command: CreditCommand = {
      ...(await this.commonFields(service, 'consume', body, keyHeader)),
      ...selectorFields(body),
      amount: body.amount == null ? undefined : parseCredits(body.amount),
      settleWithoutHold: body.on_missing_hold === 'settle',
    };
    return answerSettlement(this.ledger, command, await this.ledger.apply(command));
  }

  /** Same errors as `reserve`. */
  async release(
    service: ServicePrincipal,
    body: ReleaseCreditsRequest,
    keyHeader?: string,
  ): Promise<Answered<SettlementAnswer | IgnoredByPolicy>> {
    const command: CreditCommand = {
      ...(await this.commonFields(service, 'release', body, keyHeader)),
      ...selectorFields(body),
      amount: body.amount == null ? undefined : parseCredits(body.amount),
    };
    return answerSettlement(this.ledger, command, await this.ledger.apply(command));
  }

  /** Same errors as `reserve`. */
  charge(
    service: ServicePrincipal,
    body: ChargeCreditsRequest,
    keyHeader?: string,
  ): Promise<Answered<CreditMovementAnswer | IgnoredByPolicy>> {
    const fields = {
      amount: parseCredits(body.amount),
      refType: body.ref_type ?? undefined,
      refId: body.ref_id ?? undefined,
    };
    return this.move(service, 'charge', body, fields, keyHeader);
  }

  /** Same errors as `reserve`. */
  extend(
    service: ServicePrincipal,
    reservationId: string,
    body: ExtendReservationRequest,
    keyHeader?: string,
  ): Promise<Answered<CreditMovementAnswer | IgnoredByPolicy>> {
    const fields = { reservationId, expiresInMinutes: body.expires_in_minutes };
    return this.move(service, 'extend', body, fields, keyHeader);
  }

  /** Any command that is no hold and no settlement. Same errors as `reserve`. */
  async move(
    service: ServicePrincipal,
    operation: CreditOperation,
    body: CreditCommandRequest,
    fields: Partial<CreditCommand>,
    keyHeader?: string,
  ): Promise<Answered<CreditMovementAnswer | IgnoredByPolicy>> {
    const command: CreditCommand = { ...(await this.commonFields(service, operation, body, keyHeader)), ...fields };
    return answerMovement(this.ledger, command, await this.ledger.apply(command));
  }

  private async commonFields(
    service: ServicePrincipal,
    operation: CreditOperation,
    body: CreditCommandRequest & { readonly acceptance?: number },
    keyHeader: string | undefined,
  ): Promise<CreditCommand> {
    const idempotencyKey = idempotencyKeyOf(keyHeader, body.idempotency_key);
    const { accountId } = await this.accounts.resolve(body, service);
    return {
      accountId,
      operation,
      client: service.client,
      idempotencyKey,
      acceptance: body.acceptance ?? undefined,
      actor: body.acting_user ?? undefined,
      reason: body.reason ?? undefined,
    };
  }
}

function selectorFields(body: ReleaseCreditsRequest): Pick<CreditCommand, 'reservationId' | 'refType' | 'refId'> {
  // A JSON null says the same as an absent field.
  const hasReference = body.ref_type != null && body.ref_id != null;
  if (body.reservation_id == null && !hasReference) {
    throw new ValidationError([
      { path: 'reservation_id', message: 'reservation_id, or ref_type and ref_id, is required' },
    ]);
  }
  return {
    reservationId: body.reservation_id ?? undefined,
    refType: body.ref_type ?? undefined,
    refId: body.ref_id ?? undefined,
  };
}
