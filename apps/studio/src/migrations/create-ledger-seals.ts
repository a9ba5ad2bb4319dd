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
      DROP FUNCTION broken_seals_of_the_turn, broken_seal_heads, broken_seals, seal_ledger, ledger_seal_digest, ledger_row_digest;
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
  -- Form 1. SHA-256 of the UTF-8 text of the row as PostgreSQL's jsonb: every column that is not null, names in jsonb's
  -- order (by length, then bytes), times in ISO 8601 in UTC, bytes as \x and hexadecimal digits. What a session may have
  -- set is set again here. A column added later that is null in older rows leaves their digests as they are; one that is
  -- not null there needs another form.
  CREATE FUNCTION ledger_row_digest(entry ledger) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE
  SET timezone = 'UTC' SET bytea_output = 'hex' AS $body$
    SELECT sha256(convert_to(jsonb_strip_nulls(to_jsonb(entry))::text, 'UTF8'))
  $body$;

  -- Digest of a segment: over the seal before it (32 zero bytes at first), the account, its two ends, and the digests of
  -- its rows in order.
  CREATE FUNCTION ledger_seal_digest(previous bytea, account uuid, first bigint, last bigint, row_digests bytea)
  RETURNS bytea LANGUAGE sql IMMUTABLE AS $body$
    SELECT sha256(previous || uuid_send(account) || int8send(first) || int8send(last) || row_digests)
  $body$;

  -- Seals what the next wallets have unsealed, at most seals_max accounts and rows_max rows of each, and closes the run
  -- with a head. Wallets are walked instead of asked by an index: an index on their counters would cost every write.
  -- Answers nothing while another process seals. is_behind: an account had more rows than one seal may cover.
  CREATE FUNCTION seal_ledger(after_account uuid, wallets_max integer, seals_max integer, rows_max integer)
  RETURNS TABLE (seals_made bigint, rows_sealed bigint, last_account uuid, is_end boolean, is_behind boolean)
  LANGUAGE plpgsql AS $body$
  DECLARE
    head ledger_seal_heads;
    seen uuid;
    seen_count bigint;
    due uuid;
    due_count bigint;
  BEGIN
    -- One sealer at a time: each head is over the one before. Freed with the transaction.
    IF NOT pg_try_advisory_xact_lock(hashtextextended('seal_ledger', 0)) THEN RETURN; END IF;
    SELECT * INTO head FROM ledger_seal_heads h ORDER BY h.position DESC LIMIT 1;

    -- One statement, one snapshot: a wallet's seq and its rows were committed together, so none can be missing.
    WITH walked AS MATERIALIZED (
      SELECT w.account_id, w.seq FROM wallets w WHERE w.account_id > after_account ORDER BY w.account_id LIMIT wallets_max
    ), unsealed AS MATERIALIZED (
      SELECT w.account_id, w.seq, coalesce(s.to_seq, 0) AS sealed_seq, least(w.seq, coalesce(s.to_seq, 0) + rows_max) AS to_seq,
             coalesce(s.digest, decode(repeat('00', 32), 'hex')) AS previous_digest
        FROM walked w
        LEFT JOIN LATERAL (
          SELECT l.to_seq, l.digest FROM ledger_seals l WHERE l.account_id = w.account_id ORDER BY l.to_seq DESC LIMIT 1
        ) s ON true
       WHERE w.seq > coalesce(s.to_seq, 0)
       ORDER BY w.account_id LIMIT seals_max
    ), digested AS (
      SELECT u.account_id, u.sealed_seq, u.to_seq, u.previous_digest,
             string_agg(d.digest, '' ORDER BY d.seq) AS row_digests,
             string_agg(substr(d.digest, 1, 8), '' ORDER BY d.seq) AS row_marks
        FROM unsealed u
        JOIN LATERAL (
          SELECT l.seq, ledger_row_digest(l) AS digest FROM ledger l
           WHERE l.account_id = u.account_id AND l.seq > u.sealed_seq AND l.seq <= u.to_seq
          -- A fence: else the digest is computed once for each place it is used in.
          OFFSET 0
        ) d ON true
       GROUP BY u.account_id, u.sealed_seq, u.to_seq, u.previous_digest
      -- A gap is not sealed over: rules L3 and L10 name it.
      HAVING count(*) = u.to_seq - u.sealed_seq
    ), sealed AS (
      INSERT INTO ledger_seals (account_id, from_seq, to_seq, position, previous_digest, digest, row_marks)
      SELECT d.account_id, d.sealed_seq + 1, d.to_seq, coalesce(head.position, 0) + 1, d.previous_digest,
             ledger_seal_digest(d.previous_digest, d.account_id, d.sealed_seq + 1, d.to_seq, d.row_digests), d.row_marks
        FROM digested d
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
    SELECT (SELECT count(*) FROM walked), (SELECT w.account_id FROM walked w ORDER BY w.account_id DESC LIMIT 1),
           (SELECT count(*) FROM unsealed), (SELECT u.account_id FROM unsealed u ORDER BY u.account_id DESC LIMIT 1),
           (SELECT bool_or(u.to_seq < u.seq) FROM unsealed u), (SELECT c.seals FROM closed c), (SELECT c.entries FROM closed c)
      INTO seen_count, seen, due_count, due, is_behind, seals_made, rows_sealed;
    last_account := CASE WHEN due_count = seals_max THEN due ELSE seen END;
    is_end := seen_count < wallets_max AND due_count < seals_max;
    is_behind := coalesce(is_behind, false);
    seals_made := coalesce(seals_made, 0);
    rows_sealed := coalesce(rows_sealed, 0);
    RETURN NEXT;
  END $body$;
`;

const CHECKING = String.raw`
  -- What does not fit between two places of (account, to_seq), the first excluded. Each finding names the first row, or
  -- the first row of the segment.
  CREATE FUNCTION broken_seals(after_account uuid, after_seq bigint, last_account uuid, last_seq bigint)
  RETURNS TABLE (account_id uuid, seq bigint, seal_position bigint, problem text) LANGUAGE sql STABLE AS $body$
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
          LEFT JOIN ledger l ON l.account_id = s.account_id AND l.seq = n.seq
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

  -- Heads that do not fit, the first place excluded: a seal of theirs was taken out or changed, or a head was.
  CREATE FUNCTION broken_seal_heads(after_position bigint, last_position bigint)
  RETURNS TABLE (account_id uuid, seq bigint, seal_position bigint, problem text) LANGUAGE sql STABLE AS $body$
    SELECT NULL::uuid, NULL::bigint, h.position,
           CASE WHEN b.position IS NULL AND h.position > 1 THEN 'the head before this one is missing'
                WHEN h.previous_digest <> coalesce(b.digest, decode(repeat('00', 32), 'hex'))
                  THEN 'the head does not continue the one before'
                WHEN s.seals <> h.seals THEN format('the head was made over %s seals, there are %s', h.seals, s.seals)
                ELSE 'a seal of this head, or the head itself, was changed' END
      FROM ledger_seal_heads h
      LEFT JOIN ledger_seal_heads b ON b.position = h.position - 1
      CROSS JOIN LATERAL (
        SELECT count(*) AS seals,
               sha256(h.previous_digest || coalesce(
                 string_agg(uuid_send(s.account_id) || int8send(s.to_seq) || s.digest, '' ORDER BY s.account_id, s.to_seq), '')) AS digest
          FROM ledger_seals s WHERE s.position = h.position
      ) s
     WHERE h.position > after_position AND h.position <= last_position
       AND ((b.position IS NULL AND h.position > 1)
            OR h.previous_digest <> coalesce(b.digest, decode(repeat('00', 32), 'hex'))
            OR s.seals <> h.seals OR s.digest <> h.digest)
     ORDER BY h.position
  $body$;

  -- A small ledger whole; of a large one the part whose turn it is: every account and every head once a day, in steps of
  -- five minutes. Any replica asks for the same part at the same time, so nobody has to remember a place.
  CREATE FUNCTION broken_seals_of_the_turn()
  RETURNS TABLE (account_id uuid, seq bigint, seal_position bigint, problem text) LANGUAGE plpgsql STABLE AS $body$
  DECLARE
    is_small boolean := (SELECT count(*) <= 2000 FROM (SELECT FROM ledger_seals LIMIT 2001) s);
    turns bigint := CASE WHEN is_small THEN 1 ELSE 288 END;
    turn bigint := floor(extract(epoch FROM clock_timestamp()) / 300)::bigint % turns;
    heads bigint := (SELECT coalesce(max(h.position), 0) FROM ledger_seal_heads h);
    tail CONSTANT text := '-0000-0000-0000-000000000000';
    last_uuid CONSTANT uuid := 'ffffffff-ffff-ffff-ffff-ffffffffffff';
  BEGIN
    -- Account ids are name-based UUIDs, spread evenly: equal parts of their range are equal parts of the accounts.
    RETURN QUERY SELECT * FROM broken_seals(
      (lpad(to_hex(turn * 4294967296 / turns), 8, '0') || tail)::uuid, 0,
      CASE WHEN turn = turns - 1 THEN last_uuid
           ELSE (lpad(to_hex((turn + 1) * 4294967296 / turns), 8, '0') || tail)::uuid END, 9223372036854775807);
    RETURN QUERY SELECT * FROM broken_seal_heads(heads * turn / turns, heads * (turn + 1) / turns);
  END $body$;
`;
