import { Injectable } from '@nestjs/common';
import type { Tx } from '@tandem/platform/database/unit-of-work';
import { currentRequestId } from '@tandem/platform/http/request-context';
import type { Actor } from './actor.ts';

export interface AuditRecord {
  /** Past tense, snake_case: `invoice_issued`. */
  readonly eventType: string;
  readonly actor: Actor;
  /** The client the fact concerns, if it concerns one. */
  readonly customerId?: number | null;
  /** What changed, as JSON. Never secrets; amounts as decimal strings. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** Append-only record of who changed what, written in the transaction of the change itself. */
@Injectable()
export class AuditTrail {
  async record(tx: Tx, { eventType, actor, customerId, data }: AuditRecord): Promise<void> {
    await tx.query(
      `INSERT INTO billing_audit (event_type, actor, actor_user_id, customer_id, data, ip_address, user_agent, request_id)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [
        eventType,
        actor.label,
        actor.userId,
        customerId ?? null,
        JSON.stringify(data),
        actor.ipAddress,
        actor.userAgent,
        currentRequestId() ?? null,
      ],
    );
  }
}
