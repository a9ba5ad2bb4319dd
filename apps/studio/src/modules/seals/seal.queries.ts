import { Injectable } from '@nestjs/common';
import type { SealMark } from '@tandem/contracts';
import { PgPool } from '@tandem/platform/database/pool';

/** The head of the chain over all seals. Digests are hexadecimal. */
export interface LedgerHead {
  readonly position: number;
  readonly seals: number;
  readonly rows: number;
  readonly previousDigest: string;
  readonly digest: string;
  readonly sealedAt: Date;
}

/** Something that does not fit. A head that does not fit names no account. */
export interface BrokenSeal {
  readonly accountId: string | null;
  readonly seq: number | null;
  readonly position: number;
  readonly problem: string;
}

/** A place in the list of all seals. */
export interface SealPlace {
  readonly accountId: string;
  readonly seq: string;
}

interface BrokenSealSqlRow {
  account_id: string | null;
  seq: string | null;
  seal_position: string;
  problem: string;
}

@Injectable()
export class SealQueries {
  constructor(private readonly pool: PgPool) {}

  /** The head at a position, or the newest. */
  async head(position: number | null = null): Promise<LedgerHead | null> {
    const { rows } = await this.pool.query<{
      position: string;
      seals: string;
      entries: string;
      previous_digest: Buffer;
      digest: Buffer;
      sealed_at: Date;
    }>(
      `SELECT position, seals, entries, previous_digest, digest, sealed_at FROM ledger_seal_heads
        WHERE $1::bigint IS NULL OR position = $1 ORDER BY position DESC LIMIT 1`,
      [position],
    );
    const [row] = rows;
    if (!row) return null;
    return {
      position: Number(row.position),
      seals: Number(row.seals),
      rows: Number(row.entries),
      previousDigest: row.previous_digest.toString('hex'),
      digest: row.digest.toString('hex'),
      sealedAt: row.sealed_at,
    };
  }

  /** The seals that went into the heads of a range, the first excluded, oldest first. */
  async sealedBetween(afterPosition: number, lastPosition: number): Promise<(SealMark & { accountId: string })[]> {
    const { rows } = await this.pool.query<{ account_id: string; to_seq: string; digest: Buffer }>(
      `SELECT account_id, to_seq, digest FROM ledger_seals WHERE position > $1 AND position <= $2 ORDER BY position`,
      [afterPosition, lastPosition],
    );
    return rows.map((row) => ({
      accountId: row.account_id,
      seq: Number(row.to_seq),
      digest: row.digest.toString('hex'),
    }));
  }

  /** Key of an account; null for one that is not there. */
  async externalKeyOf(accountId: string): Promise<string | null> {
    const { rows } = await this.pool.query<{ external_key: string }>(
      'SELECT external_key FROM accounts WHERE account_id = $1',
      [accountId],
    );
    return rows[0]?.external_key ?? null;
  }

  /** How much there is to verify. */
  async totals(): Promise<{ seals: number; rows: number; heads: number }> {
    const { rows } = await this.pool.query<Record<'seals' | 'entries' | 'heads', string>>(
      `SELECT coalesce(sum(seals), 0)::bigint AS seals, coalesce(sum(entries), 0)::bigint AS entries,
              coalesce(max(position), 0) AS heads FROM ledger_seal_heads`,
    );
    return { seals: Number(rows[0]?.seals), rows: Number(rows[0]?.entries), heads: Number(rows[0]?.heads) };
  }

  /** Where the next `count` seals after a place end, and how many rows they cover; null at the end of the list. */
  async sealsAfter(place: SealPlace, count: number): Promise<{ end: SealPlace; seals: number; rows: number } | null> {
    const { rows } = await this.pool.query<{ account_id: string; to_seq: string; seals: string; entries: string }>(
      `SELECT account_id, to_seq, count(*) OVER () AS seals, sum(to_seq - from_seq + 1) OVER () AS entries
         FROM (SELECT account_id, from_seq, to_seq FROM ledger_seals WHERE (account_id, to_seq) > ($1::uuid, $2::bigint)
                ORDER BY account_id, to_seq LIMIT $3) s
        ORDER BY account_id DESC, to_seq DESC LIMIT 1`,
      [place.accountId, place.seq, count],
    );
    const [row] = rows;
    if (!row) return null;
    const end = { accountId: row.account_id, seq: row.to_seq };
    return { end, seals: Number(row.seals), rows: Number(row.entries) };
  }

  /** What does not fit among the seals after one place, up to another, and the rows under them. */
  async brokenSeals(after: SealPlace, end: SealPlace): Promise<BrokenSeal[]> {
    const { rows } = await this.pool.query<BrokenSealSqlRow>('SELECT * FROM broken_seals($1, $2, $3, $4)', [
      after.accountId,
      after.seq,
      end.accountId,
      end.seq,
    ]);
    return rows.map(toBrokenSeal);
  }

  /** What does not fit among the heads after one position, up to another. */
  async brokenHeads(after: number, last: number): Promise<BrokenSeal[]> {
    const { rows } = await this.pool.query<BrokenSealSqlRow>('SELECT * FROM broken_seal_heads($1, $2)', [after, last]);
    return rows.map(toBrokenSeal);
  }
}

function toBrokenSeal(row: BrokenSealSqlRow): BrokenSeal {
  return {
    accountId: row.account_id,
    seq: row.seq === null ? null : Number(row.seq),
    position: Number(row.seal_position),
    problem: row.problem,
  };
}
