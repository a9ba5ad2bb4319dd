import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The digest chain of the ledger. Each account's rows are sealed in segments, each seal over the one before; each run of
 * the sealer closes with a head over its seals and the head before. Whoever keeps one head outside can prove that
 * nothing under it was changed, added or removed since.
 */
export class CreateLedgerSeals1763700000800 implements MigrationInterface {
  readonly name = 'CreateLedgerSeals1763700000800';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLES);
    await runner.query(SEALING);
    await runner.query(CHECKING);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP FUNCTION broken_seals_in, broken_seal_heads, broken_seal_head, broken_seals, seal_ledger, ledger_seal_digest, ledger_row_digest;
      DROP TABLE ledger_seals, ledger_seal_heads;
    `);
  }
}

const TABLES = String.raw`
  CREATE TABLE ledger_seal_heads (
    position bigint PRIMARY KEY CHECK (position > 0),
    form smallint NOT NULL DEFAULT 1 CHECK (form = 1),
    seals bigint NOT NULL CHECK (seals > 0),
    entries bigint NOT NULL CHECK (entries >= seals),
    previous_digest bytea NOT NULL CHECK (octet_length(previous_digest) = 32),
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    sealed_at timestamptz NOT NULL DEFAULT clock_timestamp()
  );
  COMMENT ON COLUMN ledger_seal_heads.form IS 'How rows become bytes (ledger_row_digest). Another form is another function beside it.';

  CREATE TABLE ledger_seals (
    account_id uuid NOT NULL,
    from_seq bigint NOT NULL CHECK (from_seq > 0),
    to_seq bigint NOT NULL CHECK (to_seq >= from_seq),
    position bigint NOT NULL,
    previous_digest bytea NOT NULL CHECK (octet_length(previous_digest) = 32),
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    row_marks bytea NOT NULL,
    PRIMARY KEY (account_id, to_seq),
    UNIQUE (account_id, from_seq),
    CHECK (octet_length(row_marks) = 8 * (to_seq - from_seq + 1))
  );
  COMMENT ON COLUMN ledger_seals.position IS 'The head this seal went into.';
  COMMENT ON COLUMN ledger_seals.row_marks IS 'First 8 bytes of each row''s digest: says which row of a broken segment was changed.';
  CREATE INDEX ledger_seals_by_position ON ledger_seals (position, account_id);

  -- A share of the heads that stays the same while heads are added (broken_seals_in).
  CREATE INDEX ledger_seal_heads_by_hash ON ledger_seal_heads (hashint8(position));

  CREATE TRIGGER ledger_seals_append_only BEFORE UPDATE OR DELETE ON ledger_seals
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
  CREATE TRIGGER ledger_seals_no_truncate BEFORE TRUNCATE ON ledger_seals
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
  CREATE TRIGGER ledger_seal_heads_append_only BEFORE UPDATE OR DELETE ON ledger_seal_heads
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
  CREATE TRIGGER ledger_seal_heads_no_truncate BEFORE TRUNCATE ON ledger_seal_heads
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
`;

const SEALING = String.raw`
  -- Form 1. SHA-256 of what PostgreSQL sends for a row of these columns, in this order: their number, and for each the OID
  -- of its type, its length (-1 for null) and its value, numbers and times (microseconds since 2000) in network order, so
  -- that no two rows come to the same bytes. Only texts know a setting: they are sent in client_encoding, which the callers
  -- fix, since to set it here would cost more than the digest. The columns are named so that a later one changes no digest
  -- of the past; to seal it as well takes another form.
  CREATE FUNCTION ledger_row_digest(entry ledger) RETURNS bytea LANGUAGE sql STABLE AS $body$
    SELECT sha256(record_send(ROW(
      entry.account_id, entry.seq, entry.entry_id, entry.kind, entry.balance_delta_micro, entry.reserved_delta_micro,
      entry.balance_after_micro, entry.reserved_after_micro, entry.reservation_id, entry.ref_type, entry.ref_id,
      entry.acceptance, entry.client, entry.operation, entry.idempotency_key, entry.leg, entry.request_digest, entry.actor,
      entry.reason, entry.effective_at, entry.created_at, entry.reverses_seq, entry.lot_ids, entry.lot_micro,
      entry.counterparty_id)))
  $body$;

  -- Digest of a segment: over the seal before it (32 zero bytes at first), the account, its two ends, and the digests of
  -- its rows in order.
  CREATE FUNCTION ledger_seal_digest(previous bytea, account uuid, first bigint, last bigint, row_digests bytea)
  RETURNS bytea LANGUAGE sql IMMUTABLE AS $body$
    SELECT sha256(previous || uuid_send(account) || int8send(first) || int8send(last) || row_digests)
  $body$;

  -- Seals what the next wallets have unsealed, and closes the call with a head: at most wallets_max wallets looked at,
  -- seals_max of them sealed, rows_max rows in all. next_account is where the next call begins, the same account again
  -- when this one came to its limit there; null at the end of the wallets. Wallets whose last row is older than
  -- changed_since are passed over. They are walked instead of asked by an index: an index on their counters would cost
  -- every write. Answers nothing while another process seals.
  CREATE FUNCTION seal_ledger(
    from_account uuid, changed_since timestamptz, wallets_max integer, seals_max integer, rows_max integer)
  RETURNS TABLE (seals_made bigint, rows_sealed bigint, next_account uuid) LANGUAGE plpgsql
  SET client_encoding = 'UTF8'
  -- Plans are kept: one made while the tables were small would read them whole.
  SET enable_seqscan = off AS $body$
  DECLARE
    head ledger_seal_heads;
    walked_to uuid;
    due_count bigint;
    due_rows bigint;
    last_due uuid;
  BEGIN
    -- One sealer at a time: each head is over the one before. Freed with the transaction.
    IF NOT pg_try_advisory_xact_lock(hashtextextended('seal_ledger', 0)) THEN RETURN; END IF;
    SELECT * INTO head FROM ledger_seal_heads h ORDER BY h.position DESC LIMIT 1;
    SELECT w.account_id INTO walked_to FROM wallets w WHERE w.account_id >= from_account
     ORDER BY w.account_id OFFSET wallets_max LIMIT 1;

    -- One statement, one snapshot: a wallet's seq and its rows were committed together, so none can be missing.
    WITH unsealed AS MATERIALIZED (
      SELECT w.account_id, w.seq, coalesce(s.to_seq, 0) AS sealed_seq,
             coalesce(s.digest, decode(repeat('00', 32), 'hex')) AS previous_digest
        FROM wallets w
        LEFT JOIN LATERAL (
          SELECT l.to_seq, l.digest FROM ledger_seals l WHERE l.account_id = w.account_id ORDER BY l.to_seq DESC LIMIT 1
        ) s ON true
       WHERE w.account_id >= from_account AND (walked_to IS NULL OR w.account_id < walked_to)
         AND w.last_entry_at >= changed_since AND w.seq > coalesce(s.to_seq, 0)
       ORDER BY w.account_id LIMIT seals_max
    ), counted AS (
      SELECT u.*, sum(u.seq - u.sealed_seq) OVER (ORDER BY u.account_id) AS rows_up_to FROM unsealed u
    ), due AS MATERIALIZED (
      SELECT c.*, least(c.seq, c.seq + rows_max - c.rows_up_to)::bigint AS to_seq FROM counted c
       WHERE c.rows_up_to - (c.seq - c.sealed_seq) < rows_max
    ), sealed AS (
      INSERT INTO ledger_seals (account_id, from_seq, to_seq, position, previous_digest, digest, row_marks)
      SELECT d.account_id, d.sealed_seq + 1, d.to_seq, coalesce(head.position, 0) + 1, d.previous_digest,
             ledger_seal_digest(d.previous_digest, d.account_id, d.sealed_seq + 1, d.to_seq, r.digests), r.marks
        FROM due d
        CROSS JOIN LATERAL (
          SELECT count(*) AS entries, string_agg(o.digest, '') AS digests, string_agg(substr(o.digest, 1, 8), '') AS marks
            FROM (
              SELECT ledger_row_digest(l) AS digest FROM ledger l
               WHERE l.account_id = d.account_id AND l.seq > d.sealed_seq AND l.seq <= d.to_seq ORDER BY l.seq
              -- A fence: else the digest is computed once for each place it is used in.
              OFFSET 0
            ) o
        ) r
      -- A gap is not sealed over: rules L3 and L10 name it.
       WHERE r.entries = d.to_seq - d.sealed_seq
      RETURNING account_id, from_seq, to_seq, digest
    ), closed AS (
      INSERT INTO ledger_seal_heads (position, seals, entries, previous_digest, digest)
      SELECT coalesce(head.position, 0) + 1, count(*), sum(s.to_seq - s.from_seq + 1),
             coalesce(head.digest, decode(repeat('00', 32), 'hex')),
             sha256(coalesce(head.digest, decode(repeat('00', 32), 'hex'))
                    || string_agg(uuid_send(s.account_id) || int8send(s.to_seq) || s.digest, '' ORDER BY s.account_id))
        FROM sealed s HAVING count(*) > 0
      RETURNING seals, entries
    )
    SELECT count(*), coalesce(sum(d.seq - d.sealed_seq), 0), (SELECT l.account_id FROM due l ORDER BY l.account_id DESC LIMIT 1),
           coalesce((SELECT c.seals FROM closed c), 0), coalesce((SELECT c.entries FROM closed c), 0)
      INTO due_count, due_rows, last_due, seals_made, rows_sealed
      FROM due d;
    IF due_count < seals_max AND due_rows < rows_max THEN
      next_account := walked_to;
    ELSIF rows_sealed > 0 THEN
      next_account := last_due;
    ELSE
      -- A gap, which would be found again for ever.
      SELECT w.account_id INTO next_account FROM wallets w WHERE w.account_id > last_due ORDER BY w.account_id LIMIT 1;
    END IF;
    RETURN NEXT;
  END $body$;
`;

const CHECKING = String.raw`
  -- What does not fit between two places of (account, to_seq), the first excluded. Each finding names the first row, or
  -- the first row of the segment.
  CREATE FUNCTION broken_seals(after_account uuid, after_seq bigint, last_account uuid, last_seq bigint)
  RETURNS TABLE (account_id uuid, seq bigint, seal_position bigint, problem text) LANGUAGE sql STABLE
  SET client_encoding = 'UTF8' SET enable_seqscan = off AS $body$
    SELECT s.account_id,
           CASE WHEN s.from_seq <> coalesce(p.to_seq, 0) + 1 THEN coalesce(p.to_seq, 0) + 1
                WHEN s.previous_digest <> coalesce(p.digest, decode(repeat('00', 32), 'hex')) THEN s.from_seq
                ELSE coalesce(f.seq, s.from_seq) END,
           s.position,
           CASE WHEN s.from_seq <> coalesce(p.to_seq, 0) + 1 THEN 'a seal is missing before this one'
                WHEN s.previous_digest <> coalesce(p.digest, decode(repeat('00', 32), 'hex'))
                  THEN 'the seal does not continue the one before'
                ELSE coalesce(f.problem, 'the seal itself was changed') END
      FROM ledger_seals s
      LEFT JOIN LATERAL (
        SELECT b.to_seq, b.digest FROM ledger_seals b
         WHERE b.account_id = s.account_id AND b.to_seq < s.to_seq ORDER BY b.to_seq DESC LIMIT 1
      ) p ON true
      CROSS JOIN LATERAL (
        SELECT ledger_seal_digest(s.previous_digest, s.account_id, s.from_seq, s.to_seq,
                 coalesce(string_agg(ledger_row_digest(l), '' ORDER BY l.seq), '')) AS digest
          FROM ledger l WHERE l.account_id = s.account_id AND l.seq BETWEEN s.from_seq AND s.to_seq
      ) d
      LEFT JOIN LATERAL (
        SELECT n.seq, CASE WHEN l.seq IS NULL THEN 'the row is missing' ELSE 'the row was changed' END AS problem
          FROM generate_series(s.from_seq, s.to_seq) n (seq)
          -- The segment is asked for: the plan may read all that is asked for, for each seal that does not fit.
          LEFT JOIN ledger l ON l.account_id = s.account_id AND l.seq = n.seq AND l.seq BETWEEN s.from_seq AND s.to_seq
         WHERE l.seq IS NULL
            OR substr(ledger_row_digest(l), 1, 8) <> substr(s.row_marks, ((n.seq - s.from_seq) * 8 + 1)::integer, 8)
         ORDER BY n.seq LIMIT 1
      ) f ON d.digest <> s.digest
     WHERE (s.account_id, s.to_seq) > (after_account, after_seq) AND (s.account_id, s.to_seq) <= (last_account, last_seq)
       AND (s.from_seq <> coalesce(p.to_seq, 0) + 1
            OR s.previous_digest <> coalesce(p.digest, decode(repeat('00', 32), 'hex'))
            OR d.digest <> s.digest)
     ORDER BY s.account_id, s.to_seq
  $body$;

  -- What does not fit of a head: a seal of it was taken out or changed, or a head was. Nothing when it fits.
  CREATE FUNCTION broken_seal_head(h ledger_seal_heads)
  RETURNS TABLE (account_id uuid, seq bigint, seal_position bigint, problem text) LANGUAGE sql STABLE AS $body$
    SELECT NULL::uuid, NULL::bigint, h.position,
           CASE WHEN b.position IS NULL AND h.position > 1 THEN 'the head before this one is missing'
                WHEN h.previous_digest <> coalesce(b.digest, decode(repeat('00', 32), 'hex'))
                  THEN 'the head does not continue the one before'
                WHEN s.seals <> h.seals THEN format('the head was made over %s seals, there are %s', h.seals, s.seals)
                ELSE 'a seal of this head, or the head itself, was changed' END
      FROM (
        SELECT count(*) AS seals,
               sha256(h.previous_digest || coalesce(
                 string_agg(uuid_send(s.account_id) || int8send(s.to_seq) || s.digest, '' ORDER BY s.account_id, s.to_seq), '')) AS digest
          FROM ledger_seals s WHERE s.position = h.position
      ) s
      LEFT JOIN ledger_seal_heads b ON b.position = h.position - 1
     WHERE (b.position IS NULL AND h.position > 1)
        OR h.previous_digest <> coalesce(b.digest, decode(repeat('00', 32), 'hex'))
        OR s.seals <> h.seals OR s.digest <> h.digest
  $body$;

  -- Heads that do not fit, the first place excluded.
  CREATE FUNCTION broken_seal_heads(after_position bigint, last_position bigint)
  RETURNS TABLE (account_id uuid, seq bigint, seal_position bigint, problem text) LANGUAGE sql STABLE
  SET enable_seqscan = off AS $body$
    SELECT b.* FROM ledger_seal_heads h CROSS JOIN LATERAL broken_seal_head(h) b
     WHERE h.position > after_position AND h.position <= last_position ORDER BY h.position
  $body$;

  -- What does not fit of the accounts between two, both included, and of the same share of the heads: ranges of accounts
  -- that cover all of them cover all heads. The share is of the heads' hashes: a share of their positions would move on
  -- with each head that is added, past some between the turns of two ranges.
  CREATE FUNCTION broken_seals_in(first_account uuid, last_account uuid)
  RETURNS TABLE (account_id uuid, seq bigint, seal_position bigint, problem text) LANGUAGE sql STABLE
  SET enable_seqscan = off AS $body$
    SELECT * FROM broken_seals(first_account, 0, last_account, 9223372036854775807)
    UNION ALL
    -- The first eight digits of an account's id are a number of 32 bits, as the hash is, whose sign moves it down.
    SELECT b.* FROM ledger_seal_heads h CROSS JOIN LATERAL broken_seal_head(h) b
     WHERE hashint8(h.position)
           BETWEEN (('x' || left(first_account::text, 8))::bit(32)::bigint - 2147483648)::integer
               AND (('x' || left(last_account::text, 8))::bit(32)::bigint - 2147483648)::integer
  $body$;
`;
