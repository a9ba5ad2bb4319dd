import {
  AdjustCommand,
  ClawbackCommand,
  GrantCommand,
  parseCredits,
  parseSignedCredits,
  PurchaseCommand,
  ReverseCommand,
  TransferCommand,
  type CreditCommandRequest,
} from '@tandem/contracts';
import { ValidationError } from '@tandem/platform/errors';
import { toValid } from '@tandem/platform/http/validation.pipe';
import { accountOfKey } from '../accounts/account-selector.ts';
import type { CreditCommand } from './credit-command.ts';

/** Commands that decide about credits rather than use them. */
export type ManagedOperation = 'grant' | 'purchase' | 'adjust' | 'reverse' | 'transfer' | 'clawback';

interface ManagedCommand {
  readonly body: CreditCommandRequest;
  readonly own: Omit<CreditCommand, 'accountId' | 'client' | 'idempotencyKey'>;
}

/**
 * Reads the body of such a command. The account a transfer goes to must be within the token's namespace as well.
 * @throws ValidationError, or DomainError `forbidden`
 */
export function readManaged(
  operation: ManagedOperation,
  fields: Record<string, unknown>,
  namespace: string | null,
): ManagedCommand {
  switch (operation) {
    case 'grant': {
      const body = toValid(GrantCommand, fields);
      return { body, own: { operation, ...lotTerms(body), lotKind: body.kind ?? undefined } };
    }
    case 'purchase': {
      const body = toValid(PurchaseCommand, fields);
      return { body, own: { operation, ...lotTerms(body), refType: body.ref_type, refId: body.ref_id } };
    }
    case 'adjust': {
      const body = toValid(AdjustCommand, fields);
      return { body, own: { operation, amount: parseSignedCredits(body.amount) } };
    }
    case 'reverse': {
      const body = toValid(ReverseCommand, fields);
      return { body, own: { operation, reversesSeq: body.seq, amount: optionalCredits(body.amount) } };
    }
    case 'transfer':
      return readTransfer(toValid(TransferCommand, fields), namespace);
    case 'clawback': {
      const body = toValid(ClawbackCommand, fields);
      return {
        body,
        own: { operation, refType: body.ref_type, refId: body.ref_id, amount: optionalCredits(body.amount) },
      };
    }
  }
}

function readTransfer(body: TransferCommand, namespace: string | null): ManagedCommand {
  const { accountId } = accountOfKey(body.to_external_key, namespace);
  const from = body.external_key == null ? body.account_id : accountOfKey(body.external_key, namespace).accountId;
  if (from?.toLowerCase() === accountId) {
    throw new ValidationError([{ path: 'to_external_key', message: 'must be another account' }]);
  }
  return { body, own: { operation: 'transfer', toAccountId: accountId, amount: parseCredits(body.amount) } };
}

function lotTerms(body: GrantCommand | PurchaseCommand): Partial<CreditCommand> {
  return {
    amount: parseCredits(body.amount),
    lotPriority: body.priority ?? undefined,
    lotExpiresAt: body.expires_at == null ? undefined : new Date(body.expires_at),
  };
}

function optionalCredits(amount: number | string | null | undefined): CreditCommand['amount'] {
  return amount == null ? undefined : parseCredits(amount);
}
