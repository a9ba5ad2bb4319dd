import { Injectable } from '@nestjs/common';
import type { Tx } from '@tandem/platform/database/unit-of-work';
import { newId } from '@tandem/platform/ids';
import type { AuditEntry } from './audit-entry.ts';

/** Appends to `audit_entries`; the database places the line in the chain. */
@Injectable()
export class AuditStore {
  /** Takes the lock under which the database chains lines (`chain_audit_entry`), until the transaction ends. */
  async lock(tx: Tx): Promise<void> {
    await tx.query("SELECT pg_advisory_xact_lock(hashtextextended('tandem audit trail', 0))");
  }

  async append(tx: Tx, entry: AuditEntry): Promise<void> {
    await tx.query(
      `INSERT INTO audit_entries (entry_id, act, phase, act_id, actor, actor_role, target, reason, code, request_id,
                                  request_digest, before, after)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
      [
        newId(),
        entry.act,
        entry.phase,
        entry.actId ?? null,
        entry.actor.email,
        entry.actor.role,
        entry.target,
        entry.reason ?? null,
        entry.code ?? null,
        entry.actor.requestId ?? null,
        entry.requestDigest ?? null,
        toJson(entry.before),
        toJson(entry.after),
      ],
    );
  }
}

/** Credits in a before or after are bigints. */
function toJson(value: Record<string, unknown> | null | undefined): string | null {
  if (value == null) return null;
  return JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? part.toString() : part));
}
