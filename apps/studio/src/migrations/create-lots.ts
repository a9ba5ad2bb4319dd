import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Lots: credits that came together, with a kind, a place in the burn order and maybe an end. Which lots a movement took
 * is not decided when it is written but by a deterministic fold of the ledger, at leisure; only where money hangs on it
 * (an expiry, a clawback, a reversal, a transfer) the fold is brought to the head under the wallet's lock, and what was
 * decided is written into the ledger row, which every later fold obeys. So the tables of the fold can be thrown away and
 * built again, and say the same.
 */
export class CreateLots1763700000250 implements MigrationInterface {
  readonly name = 'CreateLots1763700000250';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(String.raw`
      CREATE TABLE lots (
        account_id uuid NOT NULL,
        lot_id uuid NOT NULL,
        seq bigint NOT NULL,
        kind text NOT NULL CHECK (kind IN ('promotional', 'purchased', 'adjustment')),
        priority integer NOT NULL CHECK (priority BETWEEN 0 AND 1000),
        expires_at timestamptz,
        amount_micro bigint NOT NULL CHECK (amount_micro > 0),
        PRIMARY KEY (account_id, lot_id),
        FOREIGN KEY (account_id, seq) REFERENCES ledger
      );
      COMMENT ON TABLE lots IS 'What each credit of the ledger (seq) brought. Append-only: what is left of a lot is folded, not stored here.';
      CREATE TRIGGER lots_append_only BEFORE UPDATE OR DELETE ON lots FOR EACH ROW EXECUTE FUNCTION refuse_change();
      CREATE TRIGGER lots_no_truncate BEFORE TRUNCATE ON lots FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

      -- Credits of a purchase that were wanted back: what is still held is taken when its hold ends.
      CREATE TABLE clawbacks (
        account_id uuid NOT NULL,
        clawback_id uuid NOT NULL,
        lot_id uuid NOT NULL,
        wanted_micro bigint NOT NULL CHECK (wanted_micro > 0),
        -- Less once a hold ended, and none once the claim was given up (a dispute that was won).
        pending_micro bigint NOT NULL CHECK (pending_micro BETWEEN 0 AND wanted_micro),
        created_at timestamptz NOT NULL,
        PRIMARY KEY (account_id, clawback_id),
        FOREIGN KEY (account_id, lot_id) REFERENCES lots
      );
      CREATE INDEX clawbacks_pending ON clawbacks (account_id) WHERE pending_micro > 0;

      -- The fold's state: a row comes with its wallet. An overdraft is a debt that belongs to no lot; the next free credits
      -- pay it.
      CREATE TABLE lot_progress (
        account_id uuid PRIMARY KEY,
        folded_seq bigint NOT NULL DEFAULT 0,
        overdraft_micro bigint NOT NULL DEFAULT 0 CHECK (overdraft_micro >= 0)
      ) WITH (fillfactor = 70);
      -- Whoever folds an account locks this row: it has to be there before, as two who make it may wait for each other.
      CREATE FUNCTION begin_lot_progress() RETURNS trigger LANGUAGE plpgsql AS $body$
      BEGIN
        INSERT INTO lot_progress (account_id) VALUES (NEW.account_id);
        RETURN NULL;
      END $body$;
      CREATE TRIGGER wallets_begin_lot_progress AFTER INSERT ON wallets FOR EACH ROW EXECUTE FUNCTION begin_lot_progress();
      CREATE TABLE lot_balances (
        account_id uuid NOT NULL,
        lot_id uuid NOT NULL,
        free_micro bigint NOT NULL CHECK (free_micro >= 0),
        held_micro bigint NOT NULL CHECK (held_micro >= 0),
        PRIMARY KEY (account_id, lot_id)
      ) WITH (fillfactor = 70);
      -- What each open hold took, in the order it burns. No lot: held against the overdraft limit.
      CREATE TABLE lot_holds (
        account_id uuid NOT NULL,
        reservation_id uuid NOT NULL,
        place integer NOT NULL,
        -- The row that made the hold: the oldest hold is covered first, whatever ids the holds have.
        held_seq bigint NOT NULL,
        lot_id uuid,
        amount_micro bigint NOT NULL CHECK (amount_micro > 0),
        PRIMARY KEY (account_id, reservation_id, place)
      );
      CREATE INDEX lot_holds_uncovered ON lot_holds (account_id) WHERE lot_id IS NULL;
      -- Which lots a movement of the balance took from (negative) or gave back to; the nil lot is the overdraft.
      CREATE TABLE lot_allocations (
        account_id uuid NOT NULL,
        seq bigint NOT NULL,
        lot_id uuid NOT NULL,
        amount_micro bigint NOT NULL CHECK (amount_micro <> 0),
        PRIMARY KEY (account_id, seq, lot_id)
      );
      CREATE INDEX lot_allocations_by_lot ON lot_allocations (account_id, lot_id, seq);

      -- As for the ledger: an index that leads with the account alone is not as good as one that goes on.
      ALTER TABLE lot_holds ALTER COLUMN account_id SET (n_distinct = 20);
      ALTER TABLE lot_balances ALTER COLUMN account_id SET (n_distinct = 20);
      ALTER TABLE lot_allocations ALTER COLUMN account_id SET (n_distinct = 20);

      -- State of the fold after some rows. Lots stand in burn order; hold parts of one reservation stand together.
      CREATE TYPE lot_fold AS (
        account_id uuid,
        folded_seq bigint,
        rows_folded integer,
        overdraft bigint,
        lot_ids uuid[],
        expires timestamptz[],
        free bigint[],
        held bigint[],
        part_holds uuid[],
        part_seqs bigint[],
        part_lots integer[],
        part_amounts bigint[],
        allocation_seqs bigint[],
        allocation_lots uuid[],
        allocation_amounts bigint[]
      );
    `);
    await runner.query(FOLD_LOTS);
    await runner.query(STORE_LOTS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TRIGGER wallets_begin_lot_progress ON wallets;
      DROP FUNCTION lots_at_head, advance_lots, store_lots, fold_lots, lot_kind_rank, begin_lot_progress;
      DROP TYPE lot_fold;
      DROP TABLE lot_allocations, lot_holds, lot_balances, lot_progress, clawbacks, lots;
    `);
  }
}

/**
 * The fold itself: reads, never writes, so that a question about lots can be answered without waiting for the job.
 * Version 1 of the rule: burn by priority, then earliest end, promotional before adjustment before purchased, oldest.
 */
const FOLD_LOTS = String.raw`
  -- The place of a kind in the burn order.
  CREATE FUNCTION lot_kind_rank(kind text) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
    SELECT CASE kind WHEN 'promotional' THEN 1 WHEN 'adjustment' THEN 2 ELSE 3 END
  $body$;

  -- One fold per account that has a place in lot_progress. Many accounts in one call, as most have few new rows, and to
  -- start the statements costs as much as some dozens of them.
  CREATE FUNCTION fold_lots(accounts uuid[], rows_max integer) RETURNS SETOF lot_fold LANGUAGE plpgsql STABLE
  -- Plans are kept: one made while the tables were small would read them whole for each row.
  SET enable_seqscan = off AS $body$
  DECLARE
    begun record;
    -- Plain variables: an array inside a row would be copied with each element written.
    fold lot_fold;
    overdraft bigint;
    lot_ids uuid[];
    expires timestamptz[];
    free bigint[];
    held bigint[];
    part_holds uuid[];
    part_seqs bigint[];
    part_lots integer[];
    part_amounts bigint[];
    allocation_seqs bigint[];
    allocation_lots uuid[];
    allocation_amounts bigint[];
    lot_seqs bigint[];
    amounts bigint[];
    entry record;
    wanted bigint;
    part bigint;
    i integer;
    j integer;
    first_part integer;
    -- No lot before this one in the burn order has free credits.
    first_free integer;
    uncovered bigint;
    nil CONSTANT uuid := '00000000-0000-0000-0000-000000000000';
  BEGIN
    FOR begun IN
      SELECT p.account_id, p.folded_seq, p.overdraft_micro, has.lot_ids, has.lot_seqs, has.amounts, has.expires, has.free,
             has.held, parts.holds, parts.seqs, parts.lots, parts.amounts AS part_amounts, parts.uncovered
        FROM lot_progress p
       CROSS JOIN LATERAL (
         -- Lots with something left, those still to come, and empty ones that a row names. Fenced: an account may have any
         -- number of lots and holds, and each of these few is looked up by its key.
         SELECT array_agg(l.lot_id ORDER BY l.place) AS lot_ids, array_agg(l.seq ORDER BY l.place) AS lot_seqs,
                array_agg(l.amount_micro ORDER BY l.place) AS amounts, array_agg(l.expires_at ORDER BY l.place) AS expires,
                array_agg(l.free ORDER BY l.place) AS free, array_agg(l.held ORDER BY l.place) AS held
           FROM (SELECT l.*, coalesce(b.free_micro, 0) AS free, coalesce(b.held_micro, 0) AS held, row_number() OVER (
                          ORDER BY l.priority, l.expires_at NULLS LAST, lot_kind_rank(l.kind), l.seq, l.lot_id) AS place
                   FROM (SELECT b.lot_id FROM lot_balances b
                          WHERE b.account_id = p.account_id AND (b.free_micro > 0 OR b.held_micro > 0)
                         UNION
                         SELECT n.lot_id FROM lots n WHERE n.account_id = p.account_id AND n.seq > p.folded_seq
                         UNION
                         SELECT unnest(r.lot_ids) FROM ledger r
                          WHERE r.account_id = p.account_id AND r.seq > p.folded_seq AND r.lot_ids IS NOT NULL) wanted
                  CROSS JOIN LATERAL (SELECT l.* FROM lots l
                                       WHERE l.account_id = p.account_id AND l.lot_id = wanted.lot_id OFFSET 0) l
                   LEFT JOIN LATERAL (SELECT b.* FROM lot_balances b
                                       WHERE b.account_id = p.account_id AND b.lot_id = wanted.lot_id OFFSET 0) b ON true) l
       ) has
       CROSS JOIN LATERAL (
         -- Parts of holds that a row ends or lessens, and parts no lot covers yet.
         SELECT array_agg(h.reservation_id ORDER BY h.held_seq, h.place) AS holds,
                array_agg(h.held_seq ORDER BY h.held_seq, h.place) AS seqs,
                array_agg(coalesce(array_position(has.lot_ids, h.lot_id), 0) ORDER BY h.held_seq, h.place) AS lots,
                array_agg(h.amount_micro ORDER BY h.held_seq, h.place) AS amounts,
                coalesce(sum(h.amount_micro) FILTER (WHERE h.lot_id IS NULL), 0)::bigint AS uncovered
           FROM (SELECT r.reservation_id FROM ledger r
                  WHERE r.account_id = p.account_id AND r.seq > p.folded_seq AND r.seq <= p.folded_seq + rows_max
                    AND r.reserved_delta_micro < 0
                 UNION
                 SELECT u.reservation_id FROM lot_holds u WHERE u.account_id = p.account_id AND u.lot_id IS NULL) wanted
          CROSS JOIN LATERAL (SELECT h.* FROM lot_holds h
                               WHERE h.account_id = p.account_id AND h.reservation_id = wanted.reservation_id OFFSET 0) h
       ) parts
       WHERE p.account_id = ANY (accounts)
       ORDER BY p.account_id
    LOOP
      fold.account_id := begun.account_id;
      fold.folded_seq := begun.folded_seq;
      fold.rows_folded := 0;
      overdraft := begun.overdraft_micro;
      uncovered := begun.uncovered;
      lot_ids := coalesce(begun.lot_ids, '{}');
      lot_seqs := begun.lot_seqs;
      amounts := begun.amounts;
      expires := begun.expires;
      free := begun.free;
      held := begun.held;
      first_free := 1;
      part_holds := coalesce(begun.holds, '{}');
      part_seqs := coalesce(begun.seqs, '{}');
      part_lots := coalesce(begun.lots, '{}');
      part_amounts := coalesce(begun.part_amounts, '{}');
      allocation_seqs := '{}';
      allocation_lots := '{}';
      allocation_amounts := '{}';

      FOR entry IN
        SELECT l.seq, l.balance_delta_micro AS balance, l.reserved_delta_micro AS reserved, l.reservation_id,
               l.lot_ids AS named, l.lot_micro AS named_amounts, l.created_at
          FROM ledger l WHERE l.account_id = begun.account_id AND l.seq > begun.folded_seq
         ORDER BY l.seq LIMIT rows_max
      LOOP
        wanted := 0;
        IF entry.named IS NOT NULL THEN
          FOR j IN 1 .. cardinality(entry.named) LOOP
            part := entry.named_amounts[j];
            IF entry.named[j] = nil THEN
              overdraft := overdraft - part;
            ELSE
              i := array_position(lot_ids, entry.named[j]);
              free[i] := free[i] + part;
              first_free := least(first_free, i);
            END IF;
            allocation_seqs := allocation_seqs || entry.seq;
            allocation_lots := allocation_lots || entry.named[j];
            allocation_amounts := allocation_amounts || part;
          END LOOP;

        ELSIF entry.balance > 0 THEN
          i := array_position(lot_seqs, entry.seq);
          WHILE i IS NOT NULL LOOP
            free[i] := amounts[i];
            first_free := least(first_free, i);
            i := array_position(lot_seqs, entry.seq, i + 1);
          END LOOP;

        ELSIF entry.reserved < 0 THEN
          -- The end of a hold: charged in the order it burns, given back from the other end.
          wanted := -entry.reserved;
          first_part := array_position(part_holds, entry.reservation_id);
          j := first_part;
          IF entry.balance = 0 THEN
            WHILE part_holds[j + 1] = entry.reservation_id LOOP j := j + 1; END LOOP;
          END IF;
          WHILE wanted > 0 LOOP
            i := part_lots[j];
            IF i IS NULL OR part_holds[j] <> entry.reservation_id THEN
              RAISE EXCEPTION 'row % of account % ends more than hold % took', entry.seq, begun.account_id, entry.reservation_id;
            END IF;
            part := least(wanted, part_amounts[j]);
            IF part > 0 THEN
              part_amounts[j] := part_amounts[j] - part;
              IF i = 0 THEN
                uncovered := uncovered - part;
                IF entry.balance < 0 THEN overdraft := overdraft + part; END IF;
              ELSE
                held[i] := held[i] - part;
                IF entry.balance = 0 THEN
                  free[i] := free[i] + part;
                  first_free := least(first_free, i);
                END IF;
              END IF;
              IF entry.balance < 0 THEN
                allocation_seqs := allocation_seqs || entry.seq;
                allocation_lots := allocation_lots || CASE i WHEN 0 THEN nil ELSE lot_ids[i] END;
                allocation_amounts := allocation_amounts || -part;
              END IF;
              wanted := wanted - part;
            END IF;
            j := CASE entry.balance WHEN 0 THEN j - 1 ELSE j + 1 END;
          END LOOP;

        ELSE
          -- A hold or a direct debit: both take free credits in burn order, and what is missing from the overdraft.
          wanted := greatest(entry.reserved, -entry.balance);
          WHILE free[first_free] = 0 LOOP first_free := first_free + 1; END LOOP;
          i := first_free;
          WHILE wanted > 0 LOOP
            part := CASE WHEN i > cardinality(lot_ids) THEN wanted ELSE least(wanted, free[i]) END;
            IF part > 0 THEN
              IF i > cardinality(lot_ids) THEN
                i := 0;
                IF entry.reserved > 0 THEN uncovered := uncovered + part; ELSE overdraft := overdraft + part; END IF;
              ELSE
                free[i] := free[i] - part;
                IF entry.reserved > 0 THEN held[i] := held[i] + part; END IF;
              END IF;
              IF entry.reserved > 0 THEN
                part_holds := part_holds || entry.reservation_id;
                part_seqs := part_seqs || entry.seq;
                part_lots := part_lots || i;
                part_amounts := part_amounts || part;
              ELSE
                allocation_seqs := allocation_seqs || entry.seq;
                allocation_lots := allocation_lots || CASE i WHEN 0 THEN nil ELSE lot_ids[i] END;
                allocation_amounts := allocation_amounts || -part;
              END IF;
              wanted := wanted - part;
            END IF;
            i := i + 1;
          END LOOP;
        END IF;

        -- Credits that came free pay the overdraft first, then stand in for holds that no lot covers.
        IF overdraft + uncovered > 0 AND (entry.balance > 0 OR (entry.balance = 0 AND entry.reserved < 0)) THEN
          FOR i IN 1 .. cardinality(lot_ids) LOOP
            CONTINUE WHEN free[i] = 0 OR expires[i] <= entry.created_at;
            part := least(free[i], overdraft);
            IF part > 0 THEN
              free[i] := free[i] - part;
              overdraft := overdraft - part;
              allocation_seqs := allocation_seqs || ARRAY[entry.seq, entry.seq];
              allocation_lots := allocation_lots || ARRAY[lot_ids[i], nil];
              allocation_amounts := allocation_amounts || ARRAY[-part, part];
            END IF;
            j := 1;
            WHILE uncovered > 0 AND free[i] > 0 LOOP
              IF part_lots[j] = 0 AND part_amounts[j] > 0 THEN
                part := least(free[i], part_amounts[j]);
                free[i] := free[i] - part;
                held[i] := held[i] + part;
                uncovered := uncovered - part;
                IF part = part_amounts[j] THEN
                  part_lots[j] := i;
                ELSE
                  -- The covered part stands before what is left of the uncovered one: it burns first.
                  part_amounts[j] := part_amounts[j] - part;
                  part_holds := part_holds[:j - 1] || part_holds[j] || part_holds[j:];
                  part_seqs := part_seqs[:j - 1] || part_seqs[j] || part_seqs[j:];
                  part_lots := part_lots[:j - 1] || i || part_lots[j:];
                  part_amounts := part_amounts[:j - 1] || part || part_amounts[j:];
                END IF;
              END IF;
              j := j + 1;
            END LOOP;
          END LOOP;
        END IF;
        fold.folded_seq := entry.seq;
        fold.rows_folded := fold.rows_folded + 1;
      END LOOP;
      fold.overdraft := overdraft;
      fold.lot_ids := lot_ids;
      fold.expires := expires;
      fold.free := free;
      fold.held := held;
      fold.part_holds := part_holds;
      fold.part_seqs := part_seqs;
      fold.part_lots := part_lots;
      fold.part_amounts := part_amounts;
      fold.allocation_seqs := allocation_seqs;
      fold.allocation_lots := allocation_lots;
      fold.allocation_amounts := allocation_amounts;
      RETURN NEXT fold;
    END LOOP;
  END $body$;
`;

const STORE_LOTS = String.raw`
  CREATE FUNCTION store_lots(folds lot_fold[]) RETURNS void LANGUAGE plpgsql
  -- Every join is a look-up of a few rows by their key.
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $body$
  BEGIN
    INSERT INTO lot_balances
    SELECT f.account_id, l.lot_id, l.free, l.held
      FROM unnest(folds) f CROSS JOIN LATERAL unnest(f.lot_ids, f.free, f.held) l (lot_id, free, held)
    ON CONFLICT (account_id, lot_id) DO UPDATE SET free_micro = excluded.free_micro, held_micro = excluded.held_micro
      WHERE (lot_balances.free_micro, lot_balances.held_micro) <> (excluded.free_micro, excluded.held_micro);
    -- Fenced, so that rows are looked up by their key even where the plan was made on an empty table.
    DELETE FROM lot_holds WHERE ctid = ANY (ARRAY(
      SELECT h.ctid FROM unnest(folds) f
       CROSS JOIN LATERAL (SELECT DISTINCT p.hold FROM unnest(f.part_holds) p (hold)) p
       CROSS JOIN LATERAL (SELECT h.ctid FROM lot_holds h
                            WHERE h.account_id = f.account_id AND h.reservation_id = p.hold OFFSET 0) h));
    INSERT INTO lot_holds
    SELECT f.account_id, p.hold, p.place, p.seq, f.lot_ids[nullif(p.lot, 0)], p.amount
      FROM unnest(folds) f
     CROSS JOIN LATERAL unnest(f.part_holds, f.part_seqs, f.part_lots, f.part_amounts)
             WITH ORDINALITY p (hold, seq, lot, amount, place)
     WHERE p.amount > 0;
    INSERT INTO lot_allocations
    SELECT f.account_id, a.seq, a.lot, sum(a.amount)
      FROM unnest(folds) f
     CROSS JOIN LATERAL unnest(f.allocation_seqs, f.allocation_lots, f.allocation_amounts) a (seq, lot, amount)
     GROUP BY f.account_id, a.seq, a.lot HAVING sum(a.amount) <> 0;
    UPDATE lot_progress p SET folded_seq = f.folded_seq, overdraft_micro = f.overdraft
      FROM (SELECT f.folded_seq, f.overdraft, p.ctid AS place FROM unnest(folds) f
             CROSS JOIN LATERAL (SELECT p.ctid FROM lot_progress p WHERE p.account_id = f.account_id OFFSET 0) p) f
     WHERE p.ctid = f.place;
  END $body$;

  -- Folds up to so many more rows of each account and keeps the result. Whoever advances an account's lots holds the lock
  -- of its progress row and takes no other after it, so the job never makes a command wait for a wallet. The job leaves
  -- out accounts that somebody else is at, and thereby never waits while it holds a lock; a command waits for its own.
  CREATE FUNCTION advance_lots(accounts uuid[], rows_max integer, waits boolean DEFAULT true) RETURNS SETOF lot_fold
  LANGUAGE plpgsql SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $body$
  DECLARE
    mine uuid[];
    folds lot_fold[];
  BEGIN
    -- Rows that somebody threw away with the rest of the fold: as a rule none.
    INSERT INTO lot_progress (account_id)
    SELECT a.id FROM unnest(accounts) a (id)
     WHERE (SELECT true FROM lot_progress p WHERE p.account_id = a.id) IS NULL
     ORDER BY a.id ON CONFLICT DO NOTHING;
    IF waits THEN
      mine := ARRAY(SELECT p.account_id FROM lot_progress p WHERE p.account_id = ANY (accounts) ORDER BY p.account_id FOR UPDATE);
    ELSE
      mine := ARRAY(SELECT p.account_id FROM lot_progress p WHERE p.account_id = ANY (accounts) ORDER BY p.account_id
                       FOR UPDATE SKIP LOCKED);
    END IF;
    folds := ARRAY(SELECT f FROM fold_lots(mine, rows_max) f);
    PERFORM store_lots(ARRAY(SELECT f FROM unnest(folds) f WHERE f.rows_folded > 0));
    RETURN QUERY SELECT * FROM unnest(folds);
  END $body$;

  -- The lots after the account's last row, stored. The caller holds the wallet's lock.
  CREATE FUNCTION lots_at_head(account uuid) RETURNS lot_fold LANGUAGE plpgsql AS $body$
  DECLARE
    fold lot_fold;
    rows_per_step CONSTANT integer := 1000;
  BEGIN
    LOOP
      SELECT * INTO STRICT fold FROM advance_lots(ARRAY[account], rows_per_step);
      EXIT WHEN fold.rows_folded < rows_per_step;
    END LOOP;
    RETURN fold;
  END $body$;

`;
