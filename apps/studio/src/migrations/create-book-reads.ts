import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What reading the books at a moment of the past needs. Rows count from their `effective_at`, and only ends of holds and
 * lots are written later than they count: so the figures at a moment are the running figures of the last row written
 * before it, plus the few ends that were written after it, plus the ends nobody has written yet.
 */
export class CreateBookReads1763700000450 implements MigrationInterface {
  readonly name = 'CreateBookReads1763700000450';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(INDEXES);
    await runner.query(LEDGER_AT);
    await runner.query(CURRENT_LOTS);
    await runner.query(UNWRITTEN_ENDS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP FUNCTION due_lot_credits(uuid), unwritten_ends(uuid), hold_lot_parts(uuid, lot_fold), current_lots(uuid), late_ends(uuid, timestamptz),
        ledger_seq_before(uuid, timestamptz);
      DROP INDEX ledger_late_ends, ledger_late_ends_by_delay, ledger_by_named_lot, lots_by_entry;
    `);
  }
}

// Partial, so that holds, charges and credits pay nothing for them.
const INDEXES = String.raw`
  CREATE INDEX ledger_late_ends ON ledger (account_id, effective_at) WHERE effective_at < created_at;
  CREATE INDEX ledger_late_ends_by_delay ON ledger (account_id, extract(epoch FROM created_at - effective_at))
    WHERE effective_at < created_at;
  CREATE INDEX ledger_by_named_lot ON ledger USING gin (lot_ids) WHERE lot_ids IS NOT NULL;
  CREATE INDEX lots_by_entry ON lots (account_id, seq, lot_id);
`;

const LEDGER_AT = String.raw`
  -- The last row written before a moment; 0 when there is none. Times never run backwards along seq and seq has no gaps,
  -- so halving finds it in the primary key.
  CREATE FUNCTION ledger_seq_before(account uuid, moment timestamptz) RETURNS bigint LANGUAGE plpgsql STABLE AS $body$
  DECLARE
    low bigint := 0;
    middle bigint;
    high bigint;
    written timestamptz;
  BEGIN
    SELECT l.seq, l.created_at INTO high, written FROM ledger l WHERE l.account_id = account ORDER BY l.seq DESC LIMIT 1;
    IF high IS NULL THEN RETURN 0; END IF;
    IF written < moment THEN RETURN high; END IF;
    high := high - 1;
    WHILE low < high LOOP
      middle := (low + high + 1) / 2;
      SELECT l.created_at INTO written FROM ledger l WHERE l.account_id = account AND l.seq = middle;
      IF written < moment THEN low := middle; ELSE high := middle - 1; END IF;
    END LOOP;
    RETURN low;
  END $body$;

  -- Ends that count before a moment and were written at it or later. None is older than the account's longest delay.
  CREATE FUNCTION late_ends(account uuid, moment timestamptz) RETURNS SETOF ledger LANGUAGE sql STABLE AS $body$
    SELECT l.* FROM ledger l
     WHERE l.account_id = account AND l.effective_at < l.created_at AND l.effective_at < moment AND l.created_at >= moment
       AND l.effective_at >= moment - make_interval(secs => 1 + (
         SELECT extract(epoch FROM d.created_at - d.effective_at) FROM ledger d
          WHERE d.account_id = account AND d.effective_at < d.created_at
          ORDER BY extract(epoch FROM d.created_at - d.effective_at) DESC LIMIT 1)::double precision)
  $body$;
`;

const CURRENT_LOTS = String.raw`
  -- The lots after the account's last row, without storing anything. An account whose stored fold is too far behind (it
  -- was thrown away, or a flood came in) cannot be answered in the time of a request; the job will have caught up soon.
  CREATE FUNCTION current_lots(account uuid) RETURNS lot_fold LANGUAGE plpgsql STABLE AS $body$
  DECLARE
    rows_max CONSTANT integer := 10000;
    fold lot_fold;
  BEGIN
    SELECT * INTO STRICT fold FROM fold_lots(ARRAY[account], rows_max);
    IF fold.rows_folded = rows_max AND EXISTS (
      SELECT FROM ledger l WHERE l.account_id = account AND l.seq > fold.folded_seq)
    THEN
      RAISE EXCEPTION 'lots of account % are not folded up to now', account USING ERRCODE = 'insufficient_resources';
    END IF;
    RETURN fold;
  END $body$;

  -- What open holds keep of which lot after the rows of a fold. No lot: held against the overdraft limit.
  CREATE FUNCTION hold_lot_parts(account uuid, fold lot_fold)
  RETURNS TABLE (reservation_id uuid, lot_id uuid, amount_micro bigint) LANGUAGE sql STABLE AS $body$
    SELECT h.reservation_id, h.lot_id, sum(h.amount_micro)::bigint FROM lot_holds h
     WHERE h.account_id = account AND h.reservation_id <> ALL (fold.part_holds) GROUP BY h.reservation_id, h.lot_id
    UNION ALL
    SELECT p.hold, fold.lot_ids[nullif(p.lot, 0)], sum(p.amount)::bigint
      FROM unnest(fold.part_holds, fold.part_lots, fold.part_amounts) p (hold, lot, amount)
     WHERE p.amount > 0 GROUP BY p.hold, p.lot
  $body$;
`;

const UNWRITTEN_ENDS = String.raw`
  -- Ends of holds and lots whose time has come and whose rows nobody has written yet, as the sweeper will write them. A
  -- lot's credits in an overdue hold end with the hold; what a clawback waits for goes there first, when it is written.
  CREATE FUNCTION unwritten_ends(account uuid)
  RETURNS TABLE (kind text, effective_at timestamptz, reservation_id uuid, lot_id uuid, amount_micro bigint)
  LANGUAGE plpgsql STABLE AS $body$
  DECLARE
    fold lot_fold;
    now_at CONSTANT timestamptz := ledger_clock();
  BEGIN
    RETURN QUERY
    SELECT 'EXPIRE', r.expires_at, r.reservation_id, NULL::uuid, r.held_micro
      FROM reservations r WHERE r.account_id = account AND r.status = 'ACTIVE' AND r.expires_at <= now_at;
    IF NOT EXISTS (SELECT FROM wallets w WHERE w.account_id = account AND (w.next_lot_expiry_at <= now_at OR (w.held_lots_due AND FOUND)))
    THEN RETURN; END IF;

    fold := current_lots(account);
    RETURN QUERY
    WITH ended AS (
      -- No lot ends before it came.
      SELECT f.lot_id, greatest(f.expires_at, birth.created_at) AS expires_at, f.free
        FROM unnest(fold.lot_ids, fold.expires, fold.free) f (lot_id, expires_at, free)
        JOIN lots l ON l.account_id = account AND l.lot_id = f.lot_id
        JOIN ledger birth ON birth.account_id = account AND birth.seq = l.seq
       WHERE f.expires_at <= now_at),
    overdue AS (
      SELECT p.reservation_id, p.lot_id, p.amount_micro, r.expires_at,
             greatest(0, least(p.amount_micro, sum(p.amount_micro) OVER (PARTITION BY p.lot_id ORDER BY r.expires_at, p.reservation_id)
               - coalesce(c.pending, 0)))::bigint AS beyond_claims
        FROM hold_lot_parts(account, fold) p
        JOIN reservations r ON r.account_id = account AND r.reservation_id = p.reservation_id
        LEFT JOIN (SELECT k.lot_id, sum(k.pending_micro) AS pending FROM clawbacks k
                    WHERE k.account_id = account AND k.pending_micro > 0 GROUP BY k.lot_id) c ON c.lot_id = p.lot_id
       WHERE r.status = 'ACTIVE' AND r.expires_at <= now_at)
    SELECT 'LOT_EXPIRY', e.expires_at, NULL::uuid, e.lot_id, e.free FROM ended e WHERE e.free > 0
    UNION ALL
    SELECT 'LOT_EXPIRY', greatest(e.expires_at, o.expires_at), o.reservation_id, o.lot_id, o.beyond_claims
      FROM overdue o JOIN ended e USING (lot_id) WHERE o.beyond_claims > 0
    UNION ALL
    -- What the hold gives back and is wanted back.
    SELECT 'CLAWBACK', o.expires_at, o.reservation_id, o.lot_id, o.amount_micro - o.beyond_claims
      FROM overdue o WHERE o.amount_micro > o.beyond_claims;
  END $body$;

  -- Credits that are in the wallet's balance and not the account's any more, until somebody writes so. An account whose
  -- lots are far behind shows them a little longer: its status must not wait.
  CREATE FUNCTION due_lot_credits(account uuid) RETURNS bigint LANGUAGE plpgsql STABLE AS $body$
  BEGIN
    RETURN (SELECT coalesce(sum(u.amount_micro), 0) FROM unwritten_ends(account) u WHERE u.kind <> 'EXPIRE');
  EXCEPTION WHEN insufficient_resources THEN
    RETURN 0;
  END $body$;
`;
