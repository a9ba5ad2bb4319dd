import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock } from '@tandem/platform/clock';
import type { Tx } from '@tandem/platform/database/unit-of-work';
import { DomainError } from '@tandem/platform/errors';
import type { Actor } from '../modules/audit/actor.ts';

/** Without a key, the same request by the same user within this time is taken for a repeated click. */
const KEYLESS_REPEAT_WINDOW_MS = 10_000;

export interface Creation {
  readonly operation: 'create_invoice' | 'submit_commission';
  readonly idempotencyKey: string | null;
  /** The fields that make two requests the same, as they were checked; what was left out is undefined, not null. */
  readonly request: object;
}

export interface Created {
  readonly id: number;
  /** True when the request repeated an earlier one and made nothing. */
  readonly isReplay: boolean;
}

interface EarlierCreation {
  document_id: number;
  request_digest: string;
}

/** Makes one document of one request, however often the request arrives. */
@Injectable()
export class CreateOnce {
  constructor(private readonly clock: Clock) {}

  /**
   * The document this user's request made before, else the one `create` makes now. A key is remembered for ever and in
   * the transaction of its document, so a request that failed may be sent again with the same key.
   * @throws DomainError `idempotency_key_reused` when the key came with another request.
   */
  async run(
    tx: Tx,
    actor: Actor,
    { operation, idempotencyKey, request }: Creation,
    create: () => Promise<number>,
  ): Promise<Created> {
    const creation = { operation, idempotencyKey, actor: scopeOf(actor), digest: digestOf(request) };
    await lock(tx, creation);
    const now = this.clock.now();
    const earlier = await findEarlier(tx, creation, new Date(now.getTime() - KEYLESS_REPEAT_WINDOW_MS));
    if (earlier !== undefined) {
      if (earlier.request_digest !== creation.digest) {
        throw new DomainError('idempotency_key_reused', 'The idempotency key was used for a different request.');
      }
      return { id: earlier.document_id, isReplay: true };
    }
    const id = await create();
    await tx.query(
      `INSERT INTO creations (operation, document_id, actor, idempotency_key, request_digest, created_at)
       VALUES ($1, $2, $3, $4, $5, $6)`,
      [operation, id, creation.actor, idempotencyKey, creation.digest, now],
    );
    return { id, isReplay: false };
  }
}

interface ScopedCreation {
  readonly operation: string;
  readonly actor: string;
  readonly idempotencyKey: string | null;
  readonly digest: string;
}

/** Repeats at once wait here until the first is committed. A unique index alone would fail them, and knows no window. */
async function lock(tx: Tx, { operation, actor, idempotencyKey, digest }: ScopedCreation): Promise<void> {
  const name = JSON.stringify([operation, actor, idempotencyKey, idempotencyKey === null ? digest : null]);
  await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [name]);
}

async function findEarlier(
  tx: Tx,
  { operation, actor, idempotencyKey, digest }: ScopedCreation,
  since: Date,
): Promise<EarlierCreation | undefined> {
  const [earlier] =
    idempotencyKey === null
      ? await tx.query<EarlierCreation>(
          `SELECT document_id, request_digest FROM creations
            WHERE operation = $1 AND actor = $2 AND request_digest = $3 AND idempotency_key IS NULL AND created_at > $4
            ORDER BY created_at DESC LIMIT 1`,
          [operation, actor, digest, since],
        )
      : await tx.query<EarlierCreation>(
          `SELECT document_id, request_digest FROM creations
            WHERE operation = $1 AND actor = $2 AND idempotency_key = $3`,
          [operation, actor, idempotencyKey],
        );
  return earlier;
}

/** Whose keys they are: one user never meets another's. */
function scopeOf({ userId, label }: Actor): string {
  return userId === null ? label : `user:${userId}`;
}

function digestOf(request: object): string {
  const text = JSON.stringify(request, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
  return createHash('sha256').update(text).digest('hex');
}
