import { Injectable } from '@nestjs/common';
import { UnitOfWork, type Tx } from '@tandem/platform/database/unit-of-work';
import { DomainError } from '@tandem/platform/errors';
import type { Actor } from '../audit/audit-entry.ts';
import { AuditTrail } from '../audit/audit-trail.ts';
import type { KeyedShortfallSqlRow } from './shortfall.queries.ts';
import { ShortfallStore } from './shortfall.store.ts';

/** Leaves a shortfall to an invoice, or to nobody. It leaves OPEN once, whoever else tries. */
@Injectable()
export class CloseShortfall {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly shortfalls: ShortfallStore,
    private readonly trail: AuditTrail,
  ) {}

  /**
   * The same invoice again answers the same, with `replayed`. A shortfall outside the namespace is not there.
   * @throws DomainError `shortfall_not_found`, `shortfall_not_open`
   */
  claim(request: {
    readonly shortfallId: string;
    readonly namespace: string | null;
    readonly invoiceRef: string;
    readonly actor: Actor;
  }): Promise<{ row: KeyedShortfallSqlRow; replayed: boolean }> {
    const { shortfallId, namespace, invoiceRef, actor } = request;
    return this.uow.run(async (tx) => {
      await this.trail.lock(tx);
      const found = await this.shortfalls.lock(tx, shortfallId);
      // What the token may not see is not there for it.
      if (!found || (namespace && !found.external_key.startsWith(namespace))) throw shortfallNotFound();
      if (found.status === 'CLAIMED_BY_INVOICE' && found.invoice_ref === invoiceRef) {
        return { row: found, replayed: true };
      }
      if (found.status !== 'OPEN') throw shortfallNotOpen(found);
      const row = await this.shortfalls.claim(tx, found, { invoiceRef, by: actor.email });
      await this.record(tx, 'shortfall_claimed', actor, row, null);
      return { row, replayed: false };
    });
  }

  /** @throws DomainError `shortfall_not_found`, `shortfall_not_open` */
  waive(request: {
    readonly accountId: string;
    readonly shortfallId: string;
    readonly reason: string;
    readonly actor: Actor;
  }): Promise<KeyedShortfallSqlRow> {
    const { accountId, shortfallId, reason, actor } = request;
    return this.uow.run(async (tx) => {
      await this.trail.lock(tx);
      const found = await this.shortfalls.lock(tx, shortfallId, accountId);
      if (!found) throw shortfallNotFound();
      if (found.status !== 'OPEN') throw shortfallNotOpen(found);
      const row = await this.shortfalls.waive(tx, found, { by: actor.email, reason });
      await this.record(tx, 'shortfall_waived', actor, row, reason);
      return row;
    });
  }

  private async record(tx: Tx, act: string, actor: Actor, row: KeyedShortfallSqlRow, reason: string | null) {
    const { shortfall_id, amount_micro, status, invoice_ref } = row;
    await this.trail.record(tx, {
      act,
      phase: 'DONE',
      actor,
      target: row.external_key,
      reason,
      before: { shortfall_id, status: 'OPEN' },
      after: { shortfall_id, status, amount_micro, invoice_ref },
    });
  }
}

function shortfallNotFound(): DomainError {
  return new DomainError('shortfall_not_found', 'There is no such shortfall.');
}

function shortfallNotOpen({ status, invoice_ref }: KeyedShortfallSqlRow): DomainError {
  return new DomainError('shortfall_not_open', 'Somebody dealt with this shortfall already.', {
    shortfall_status: status,
    invoice_ref,
  });
}
