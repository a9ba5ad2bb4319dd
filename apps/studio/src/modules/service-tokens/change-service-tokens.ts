import { Injectable } from '@nestjs/common';
import { Clock } from '@tandem/platform/clock';
import { UnitOfWork, type Tx } from '@tandem/platform/database/unit-of-work';
import { DomainError, ValidationError } from '@tandem/platform/errors';
import { ServiceTokenChanges, type LockedServiceToken } from '@tandem/platform/identity/service-token-changes';
import { ServiceTokens, type ServiceToken } from '@tandem/platform/identity/service-tokens';
import type { Actor } from '../audit/audit-entry.ts';
import { AuditTrail } from '../audit/audit-trail.ts';
import { checkTokenGrant } from './check-token-grant.ts';

/** Why, and who. */
export interface TokenAct {
  readonly actor: Actor;
  readonly reason: string;
}

/** A new token: its row, and the text that is shown once. */
export interface FreshToken {
  readonly row: ServiceToken;
  readonly token: string;
}

const DECIDES_ABOUT_CREDITS = 'credits:manage';

/**
 * Over HTTP: such a token gives credits without a second person, and whoever is shown it holds it. That takes the
 * machine's own hands.
 * @throws DomainError `forbidden`
 */
export function refuseToShow(scopes: readonly string[]): void {
  if (!scopes.includes(DECIDES_ABOUT_CREDITS)) return;
  throw new DomainError('forbidden', `A token with ${DECIDES_ABOUT_CREDITS} is issued only on the command line.`);
}

/** Issues, rotates and ends service tokens; each change is in the trail, without the secret. */
@Injectable()
export class ChangeServiceTokens {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly changes: ServiceTokenChanges,
    private readonly tokens: ServiceTokens,
    private readonly trail: AuditTrail,
    private readonly clock: Clock,
  ) {}

  /** @throws ValidationError for a grant no token may have, or an end in the past */
  async issue(
    act: TokenAct,
    grant: {
      readonly client: string;
      readonly scopes: readonly string[];
      readonly namespace: string | null;
      readonly expiresAt: Date | null;
    },
  ): Promise<FreshToken> {
    checkTokenGrant(grant);
    this.checkEnd(grant.expiresAt);
    return this.uow.run(async (tx) => {
      const issued = await this.changes.issue(tx, grant);
      await this.record(tx, act, 'service_token_issued', issued.row, null);
      return issued;
    });
  }

  /**
   * Issues a successor with the same rights. Both are valid until the old one's time is over, so that no call fails
   * while the service changes over.
   * @throws DomainError `not_found`; `invalid_transition` for a token that ended or has a successor already; `forbidden`
   *   for one that decides about credits
   */
  async rotate(
    act: TokenAct,
    id: string,
    rotation: { readonly overlapMinutes: number; readonly expiresAt: Date | null },
  ): Promise<FreshToken> {
    this.checkEnd(rotation.expiresAt);
    const issued = await this.uow.run(async (tx) => {
      const old = await this.changes.lock(tx, id);
      if (!old) throw tokenNotFound();
      // One successor: a request sent twice must not leave a valid token nobody knows of.
      if (!old.is_live || old.replaced_by !== null) {
        throw new DomainError('invalid_transition', 'The token has ended, or has a successor already.', {
          replaced_by: old.replaced_by,
        });
      }
      const { client, scopes, namespace } = old;
      refuseToShow(scopes);
      checkTokenGrant({ client, scopes, namespace });
      const successor = await this.changes.issue(tx, { client, scopes, namespace, expiresAt: rotation.expiresAt });
      const { overlapMinutes } = rotation;
      await this.changes.replace(tx, id, { id: successor.row.id, overlapMinutes });
      await this.record(tx, act, 'service_token_rotated', successor.row, {
        replaces: id,
        overlap_minutes: overlapMinutes,
      });
      return successor;
    });
    this.tokens.forget(id);
    return issued;
  }

  /**
   * Ends a token, here at once and elsewhere within two seconds. Ending it twice is ending it once.
   * @throws DomainError `not_found`
   */
  async revoke(act: TokenAct, id: string): Promise<ServiceToken> {
    const revoked = await this.uow.run(async (tx) => {
      const token = await this.changes.lock(tx, id);
      if (!token) throw tokenNotFound();
      if (token.revoked_at !== null) return token;
      await this.changes.revoke(tx, id);
      await this.record(tx, act, 'service_token_revoked', token, { was_live: token.is_live });
      return (await this.changes.lock(tx, id)) ?? token;
    });
    this.tokens.forget(id);
    return revoked;
  }

  private checkEnd(expiresAt: Date | null): void {
    if (expiresAt === null || expiresAt > this.clock.now()) return;
    throw new ValidationError([{ path: 'expires_at', message: 'expires_at must be in the future' }]);
  }

  private async record(
    tx: Tx,
    { actor, reason }: TokenAct,
    act: string,
    row: LockedServiceToken,
    before: Record<string, unknown> | null,
  ): Promise<void> {
    const { client, scopes, namespace, expires_at } = row;
    const target = `service-token:${row.id}`;
    await this.trail.record(tx, {
      act,
      phase: 'DONE',
      actor,
      target,
      reason,
      before,
      after: { client, scopes, namespace, expires_at },
    });
  }
}

function tokenNotFound(): DomainError {
  return new DomainError('not_found', 'There is no such service token.');
}
