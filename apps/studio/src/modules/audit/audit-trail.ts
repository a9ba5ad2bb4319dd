import { Injectable } from '@nestjs/common';
import { UnitOfWork, type Tx } from '@tandem/platform/database/unit-of-work';
import type { AuditEntry } from './audit-entry.ts';
import { AuditStore } from './audit.store.ts';

/** Writes down who did what, and who was refused what. Lines are never changed. */
@Injectable()
export class AuditTrail {
  /** Answers whose refusal has its line already, with more to say than the answer shows. */
  private readonly refusalsWritten = new WeakSet<object>();

  constructor(
    private readonly uow: UnitOfWork,
    private readonly store: AuditStore,
  ) {}

  /**
   * Waits for the trail before anything else is locked. For acts that lock what every command of an account needs: who
   * waits for a slow writer of the trail must not keep credits waiting too.
   */
  async lock(tx: Tx): Promise<void> {
    await this.store.lock(tx);
  }

  /** Writes a line in the transaction of the act. Call it last: the line's lock is held until the commit. */
  async record(tx: Tx, entry: AuditEntry): Promise<void> {
    await this.store.append(tx, entry);
  }

  /** Writes what was done and committed, for those who cannot write it in their own transaction. */
  async recordDone(entry: Omit<AuditEntry, 'phase'>): Promise<void> {
    await this.uow.run((tx) => this.record(tx, { ...entry, phase: 'DONE' }));
  }

  /** Says that the refusal this answer is about to tell has its line. */
  refusalIsWritten(answer: object): void {
    this.refusalsWritten.add(answer);
  }

  /** Writes a refused attempt, unless the act itself has written it. */
  async recordRefusal(answer: object, entry: Omit<AuditEntry, 'phase'>): Promise<void> {
    if (this.refusalsWritten.has(answer)) return;
    await this.uow.run((tx) => this.record(tx, { ...entry, phase: 'REFUSED' }));
  }
}
