import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The exact fold of credit commands: each account's commands are decided one by one, in the order they arrived.
 *
 * The wallet is passed by value and returned, so that an account's row is read once and written once per batch. Functions
 * are called in plain assignments: `SELECT … INTO … FROM f()` would start the executor for each step.
 */
export class CreateFoldCreditCommands1763700000400 implements MigrationInterface {
  readonly name = 'CreateFoldCreditCommands1763700000400';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(COMMAND_AND_DECISION);
    await runner.query(STEPS);
    await runner.query(EXPIRE_LOTS);
    await runner.query(APPLY);
    await runner.query(FOLD);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP FUNCTION fold_credit_commands(credit_command[], timestamptz);
      DROP FUNCTION apply_credit_command(wallets, credit_command);
      DROP FUNCTION credit_hold_json(reservations);
      DROP FUNCTION credit_entry_json(ledger);
      DROP FUNCTION add_clawback_shortfall;
      DROP FUNCTION settle_due_accounts(uuid[], timestamptz);
      DROP FUNCTION settle_due_lots(wallets, timestamptz);
      DROP FUNCTION expire_due_holds(wallets);
      DROP FUNCTION expire_hold(wallets, reservations);
      DROP FUNCTION refuse_command(credit_decision, text, jsonb);
      DROP FUNCTION store_wallet(wallets);
      DROP FUNCTION post_entry;
      DROP TYPE credit_decision;
      DROP TYPE credit_command;
    `);
  }
}

const COMMAND_AND_DECISION = String.raw`
  CREATE TYPE credit_command AS (
    position integer,
    account_id uuid,
    operation text,
    client text,
    idempotency_key text,
    request_digest text,
    amount_micro bigint,
    ref_type text,
    ref_id text,
    acceptance integer,
    reservation_id uuid,
    expires_in_minutes integer,
    settle_without_hold boolean,
    lot_kind text,
    lot_priority integer,
    lot_expires_at timestamptz,
    reverses_seq bigint,
    to_account_id uuid,
    shortfall_id uuid,
    actor text,
    reason text,
    new_id uuid,
    new_reservation_id uuid
  );

  -- What became of a command: the wallet after it, the command with its reference and acceptance filled in, and either
  -- the first row it posted or why it posted none.
  CREATE TYPE credit_decision AS (
    wallet wallets,
    command credit_command,
    outcome text,
    code text,
    details jsonb,
    entry_seq bigint
  );
`;

const STEPS = String.raw`
  -- Posts one movement: appends the row and moves the wallet's counters. The caller holds the wallet's lock. The row's
  -- hold, reference and acceptance are those of the command as decided so far.
  CREATE FUNCTION post_entry(
    wallet wallets, command credit_command, leg integer, kind text, balance_delta bigint, reserved_delta bigint,
    effective timestamptz DEFAULT NULL, reverses bigint DEFAULT NULL, lots uuid[] DEFAULT NULL,
    lot_amounts bigint[] DEFAULT NULL, counterparty uuid DEFAULT NULL
  ) RETURNS wallets LANGUAGE plpgsql AS $body$
  BEGIN
    wallet.seq := wallet.seq + 1;
    wallet.balance_micro := wallet.balance_micro + balance_delta;
    wallet.reserved_micro := wallet.reserved_micro + reserved_delta;
    INSERT INTO ledger VALUES (
      wallet.account_id, wallet.seq, CASE leg WHEN 0 THEN command.new_id ELSE gen_random_uuid() END, kind, balance_delta,
      reserved_delta, wallet.balance_micro, wallet.reserved_micro, command.reservation_id, command.ref_type,
      command.ref_id, command.acceptance, command.client, command.operation, command.idempotency_key, leg,
      decode(command.request_digest, 'hex'), command.actor, command.reason, coalesce(effective, wallet.last_entry_at),
      wallet.last_entry_at, reverses, lots, lot_amounts, counterparty);
    RETURN wallet;
  END $body$;

  -- Writes the counters back once an account's commands are folded; a wallet that did not change is not written.
  CREATE FUNCTION store_wallet(wallet wallets) RETURNS void LANGUAGE plpgsql AS $body$
  BEGIN
    UPDATE wallets w SET balance_micro = wallet.balance_micro, reserved_micro = wallet.reserved_micro,
           seq = wallet.seq, last_entry_at = wallet.last_entry_at,
           next_lot_expiry_at = wallet.next_lot_expiry_at, held_lots_due = wallet.held_lots_due
     WHERE w.account_id = wallet.account_id
       AND (w.seq, w.held_lots_due, w.next_lot_expiry_at)
           IS DISTINCT FROM (wallet.seq, wallet.held_lots_due, wallet.next_lot_expiry_at);
  END $body$;

  CREATE FUNCTION refuse_command(decision credit_decision, refusal text, why jsonb DEFAULT NULL)
  RETURNS credit_decision LANGUAGE plpgsql AS $body$
  BEGIN
    decision.outcome := 'REFUSED';
    decision.code := refusal;
    decision.details := why;
    RETURN decision;
  END $body$;

  -- Writes the row of a hold whose time is over. Its effect counts from the deadline, whenever the row is written.
  CREATE FUNCTION expire_hold(wallet wallets, hold reservations) RETURNS wallets LANGUAGE plpgsql AS $body$
  DECLARE
    command credit_command;
  BEGIN
    command.client := 'studio';
    command.operation := 'expire';
    command.idempotency_key := 'expire:' || hold.reservation_id;
    command.request_digest := encode(sha256(convert_to(command.idempotency_key, 'UTF8')), 'hex');
    command.new_id := gen_random_uuid();
    command.reservation_id := hold.reservation_id;
    command.ref_type := hold.ref_type;
    command.ref_id := hold.ref_id;
    command.acceptance := hold.acceptance;
    UPDATE reservations r SET status = 'EXPIRED', held_micro = 0, resolved_at = wallet.last_entry_at
     WHERE r.account_id = hold.account_id AND r.reservation_id = hold.reservation_id;
    wallet := post_entry(wallet, command, 0, 'EXPIRE', 0, -hold.held_micro, effective => hold.expires_at);
    IF wallet.held_lots_due THEN wallet := settle_due_lots(wallet, hold.expires_at); END IF;
    RETURN wallet;
  END $body$;

  -- Frees what expired holds still occupy; called only when a command would otherwise be refused.
  -- What is due stands at one end of its index; a wallet in full use has thousands of holds that are not, and a plan made
  -- for any moment would read them all.
  CREATE FUNCTION expire_due_holds(wallet wallets) RETURNS wallets LANGUAGE plpgsql
  SET enable_sort = off SET enable_bitmapscan = off AS $body$
  DECLARE
    hold reservations;
  BEGIN
    FOR hold IN
      SELECT * FROM reservations r
       WHERE r.account_id = wallet.account_id AND r.status = 'ACTIVE' AND r.expires_at <= wallet.last_entry_at
       ORDER BY r.expires_at, r.reservation_id
    LOOP
      wallet := expire_hold(wallet, hold);
    END LOOP;
    RETURN wallet;
  END $body$;
`;

const EXPIRE_LOTS = String.raw`
  -- Before an account's commands are decided, what is due is taken from its lots: credits of a purchase that are wanted
  -- back, then what is left of lots whose time is over. Held credits are left until their hold ends. The lots are brought
  -- to the head first, and the rows say which lot they took from. An expiry counts from the lot's end, or from when its
  -- credits came free ("not_before") if later.
  CREATE FUNCTION settle_due_lots(wallet wallets, not_before timestamptz DEFAULT NULL) RETURNS wallets
  LANGUAGE plpgsql AS $body$
  DECLARE
    fold lot_fold := lots_at_head(wallet.account_id);
    command credit_command;
    claim record;
    due bigint;
    i integer;
  BEGIN
    command.client := 'studio';
    FOR claim IN
      SELECT c.clawback_id, c.lot_id, c.pending_micro, purchase.ref_type, purchase.ref_id
        FROM clawbacks c
        JOIN lots l USING (account_id, lot_id)
        JOIN ledger purchase ON purchase.account_id = l.account_id AND purchase.seq = l.seq
       WHERE c.account_id = wallet.account_id AND c.pending_micro > 0
       ORDER BY c.created_at, c.clawback_id
    LOOP
      i := array_position(fold.lot_ids, claim.lot_id);
      due := least(claim.pending_micro, coalesce(fold.free[i], 0));
      IF due > 0 THEN
        command.operation := 'clawback';
        command.idempotency_key := 'clawback:' || claim.clawback_id || ':' || wallet.seq;
        command.request_digest := encode(sha256(convert_to(command.idempotency_key, 'UTF8')), 'hex');
        command.new_id := gen_random_uuid();
        command.ref_type := claim.ref_type;
        command.ref_id := claim.ref_id;
        wallet := post_entry(wallet, command, 0, 'CLAWBACK', -due, 0, effective => not_before,
          lots => ARRAY[claim.lot_id], lot_amounts => ARRAY[-due]);
        fold.free[i] := fold.free[i] - due;
      END IF;
      -- What was held and is neither held nor free any more has been spent meanwhile: it can only be asked for.
      claim.pending_micro := claim.pending_micro - due;
      PERFORM add_clawback_shortfall(wallet, claim.clawback_id, claim.ref_type, claim.ref_id,
        claim.pending_micro - coalesce(fold.held[i], 0));
      UPDATE clawbacks c SET pending_micro = least(claim.pending_micro, coalesce(fold.held[i], 0))
       WHERE c.account_id = wallet.account_id AND c.clawback_id = claim.clawback_id;
      IF i IS NOT NULL THEN fold.held[i] := greatest(0, fold.held[i] - claim.pending_micro); END IF;
    END LOOP;

    wallet.held_lots_due := EXISTS (
      SELECT FROM clawbacks c WHERE c.account_id = wallet.account_id AND c.pending_micro > 0);
    wallet.next_lot_expiry_at := NULL;
    FOR i IN 1 .. cardinality(fold.lot_ids) LOOP
      IF fold.expires[i] <= wallet.last_entry_at THEN
        IF fold.free[i] > 0 THEN
          command.operation := 'expire_lots';
          command.idempotency_key := 'lot_expiry:' || fold.lot_ids[i] || ':' || wallet.seq;
          command.request_digest := encode(sha256(convert_to(command.idempotency_key, 'UTF8')), 'hex');
          command.new_id := gen_random_uuid();
          command.ref_type := NULL;
          command.ref_id := NULL;
          wallet := post_entry(wallet, command, 0, 'LOT_EXPIRY', -fold.free[i], 0,
            effective => greatest(fold.expires[i], not_before), lots => ARRAY[fold.lot_ids[i]],
            lot_amounts => ARRAY[-fold.free[i]]);
        END IF;
        wallet.held_lots_due := wallet.held_lots_due OR fold.held[i] > 0;
      ELSIF fold.free[i] + fold.held[i] > 0 THEN
        wallet.next_lot_expiry_at := least(wallet.next_lot_expiry_at, fold.expires[i]);
      END IF;
    END LOOP;
    RETURN wallet;
  END $body$;

  -- The same for many accounts at once, as at a month's end: the lots of those that nobody wants credits back from.
  -- The caller holds the locks of their wallets and has read the clock after them.
  CREATE FUNCTION settle_due_accounts(accounts uuid[], started timestamptz) RETURNS void LANGUAGE plpgsql
  -- Every join is a look-up of a few rows by their key.
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $body$
  DECLARE
    due uuid[] := ARRAY(
      SELECT w.account_id FROM wallets w
       WHERE w.account_id = ANY (accounts) AND w.next_lot_expiry_at <= greatest(started, w.last_entry_at)
         AND (SELECT true FROM clawbacks c WHERE c.account_id = w.account_id AND c.pending_micro > 0 LIMIT 1) IS NULL
       ORDER BY w.account_id);
    rows_per_step CONSTANT integer := 1000;
  BEGIN
    LOOP
      EXIT WHEN NOT coalesce((SELECT bool_or(f.rows_folded = rows_per_step) FROM advance_lots(due, rows_per_step) f), false);
    END LOOP;
    WITH standing AS MATERIALIZED (
      SELECT w.account_id, w.seq, w.balance_micro, w.reserved_micro, l.*,
             greatest(started, w.last_entry_at) AS at, l.expires_at <= greatest(started, w.last_entry_at) AS is_over,
             l.expires_at <= greatest(started, w.last_entry_at) AND l.free_micro > 0 AS ends
        FROM unnest(due) d (id)
        JOIN wallets w ON w.account_id = d.id
       CROSS JOIN LATERAL (
         SELECT l.lot_id, l.expires_at, b.free_micro, b.held_micro,
                row_number() OVER (
                  ORDER BY l.priority, l.expires_at NULLS LAST, lot_kind_rank(l.kind), l.seq, l.lot_id) AS place
           FROM lot_balances b JOIN lots l ON l.account_id = b.account_id AND l.lot_id = b.lot_id
          WHERE b.account_id = d.id AND b.free_micro + b.held_micro > 0
         OFFSET 0) l
    ), ended AS MATERIALIZED (
      SELECT s.*, row_number() OVER burnt AS step, sum(s.free_micro) OVER burnt AS running
        FROM standing s WHERE s.ends WINDOW burnt AS (PARTITION BY s.account_id ORDER BY s.place)
    ), posted AS (
      INSERT INTO ledger
      SELECT e.account_id, e.seq + e.step, gen_random_uuid(), 'LOT_EXPIRY', -e.free_micro, 0, e.balance_micro - e.running,
             e.reserved_micro, NULL, NULL, NULL, NULL, 'studio', 'expire_lots', key.name, 0,
             sha256(convert_to(key.name, 'UTF8')), NULL, NULL, e.expires_at, e.at, NULL, ARRAY[e.lot_id], ARRAY[-e.free_micro],
             NULL
        FROM ended e
       CROSS JOIN LATERAL (SELECT 'lot_expiry:' || e.lot_id || ':' || e.seq + e.step - 1 OFFSET 0) key (name)
    )
    UPDATE wallets w SET balance_micro = w.balance_micro - t.ended, seq = w.seq + t.steps,
           last_entry_at = coalesce(t.at, w.last_entry_at),
           next_lot_expiry_at = t.next_end, held_lots_due = t.held_due
      FROM (SELECT d.id, coalesce(sum(s.free_micro) FILTER (WHERE s.ends), 0) AS ended, count(*) FILTER (WHERE s.ends) AS steps,
                   max(s.at) AS at, min(s.expires_at) FILTER (WHERE NOT s.is_over) AS next_end,
                   coalesce(bool_or(s.is_over AND s.held_micro > 0), false) AS held_due
              FROM unnest(due) d (id) LEFT JOIN standing s ON s.account_id = d.id GROUP BY d.id) t
     WHERE w.account_id = t.id;
  END $body$;

  -- What a clawback cannot take because it was spent. A purchase may run short more than once: each is a row of its own.
  CREATE FUNCTION add_clawback_shortfall(
    wallet wallets, clawback uuid, purchase_type text, purchase_id text, missing bigint
  ) RETURNS void LANGUAGE plpgsql AS $body$
  BEGIN
    IF missing > 0 THEN
      INSERT INTO shortfalls (account_id, shortfall_id, cause, clawback_id, ref_type, ref_id, acceptance, amount_micro,
                              status, created_at, updated_at)
      SELECT wallet.account_id, gen_random_uuid(), 'CLAWBACK', clawback, purchase_type, purchase_id,
             1 + coalesce(max(s.acceptance), 0), missing, 'OPEN', wallet.last_entry_at, wallet.last_entry_at
        FROM shortfalls s
       WHERE s.account_id = wallet.account_id AND s.cause = 'CLAWBACK'
         AND s.ref_type = purchase_type AND s.ref_id = purchase_id;
    END IF;
  END $body$;
`;

const APPLY = String.raw`
  -- Decides one command against its locked wallet and writes what it decided. The outcome it returns holds rows as they
  -- are stored, so that a replay (which reads them) and the first answer cannot differ.
  CREATE FUNCTION apply_credit_command(INOUT wallet wallets, command credit_command, OUT outcome json)
  LANGUAGE plpgsql AS $body$
  DECLARE
    decision credit_decision;
    entry ledger;
    unposted unposted_outcomes;
    hold reservations;
    short shortfalls;
    settled bigint;
    short_id uuid;
    digest bytea := decode(command.request_digest, 'hex');
    replayed boolean;
  BEGIN
    -- A key that has an outcome answers it, before mode, status or funds are looked at.
    SELECT * INTO entry FROM ledger l
     WHERE l.account_id = command.account_id AND l.client = command.client AND l.operation = command.operation
       AND l.idempotency_key = command.idempotency_key AND l.leg = 0;
    IF NOT FOUND THEN
      SELECT * INTO unposted FROM unposted_outcomes u
       WHERE u.account_id = command.account_id AND u.client = command.client AND u.operation = command.operation
         AND u.idempotency_key = command.idempotency_key;
    END IF;
    replayed := entry.entry_id IS NOT NULL OR unposted.outcome_id IS NOT NULL;

    IF NOT replayed THEN
      decision.wallet := wallet;
      decision.command := command;
      decision := CASE command.operation
        WHEN 'reserve' THEN reserve_credits(decision)
        WHEN 'consume' THEN consume_credits(decision)
        WHEN 'release' THEN release_credits(decision)
        WHEN 'charge' THEN charge_credits(decision)
        WHEN 'extend' THEN extend_hold(decision)
        WHEN 'expire' THEN sweep_hold(decision)
        WHEN 'grant' THEN add_credits(decision)
        WHEN 'purchase' THEN add_credits(decision)
        WHEN 'adjust' THEN adjust_credits(decision)
        WHEN 'reverse' THEN reverse_entry(decision)
        WHEN 'transfer' THEN transfer_credits(decision)
        WHEN 'clawback' THEN claw_back_purchase(decision)
        WHEN 'recover' THEN recover_shortfall(decision)
      END;
      wallet := decision.wallet;
      IF decision.outcome IN ('REJECTED', 'SWEPT') THEN
        outcome := json_build_object('outcome', decision.outcome, 'code', decision.code);
        RETURN;
      ELSIF decision.entry_seq IS NOT NULL THEN
        SELECT * INTO entry FROM ledger l WHERE l.account_id = command.account_id AND l.seq = decision.entry_seq;
      ELSE
        INSERT INTO unposted_outcomes VALUES (
          command.account_id, command.client, command.operation, command.idempotency_key, command.new_id, digest,
          decision.outcome, decision.code, coalesce(decision.details, '{}'), (decision.command).ref_type,
          (decision.command).ref_id, (decision.command).acceptance, command.amount_micro, command.actor, command.reason,
          wallet.seq, wallet.last_entry_at)
        RETURNING * INTO unposted;
      END IF;
    ELSIF coalesce(entry.request_digest, unposted.request_digest) <> digest THEN
      outcome := json_build_object('outcome', 'REJECTED', 'code', 'idempotency_key_reused');
      RETURN;
    END IF;

    IF entry.reservation_id IS NOT NULL OR unposted.details ? 'reservation_id' THEN
      SELECT * INTO hold FROM reservations r
       WHERE r.account_id = command.account_id
         AND r.reservation_id = coalesce(entry.reservation_id, (unposted.details->>'reservation_id')::uuid);
      -- Said, not written: the sweeper will.
      IF hold.status = 'ACTIVE' AND hold.expires_at <= wallet.last_entry_at THEN hold.status := 'EXPIRED'; END IF;
    END IF;
    IF command.operation = 'consume' AND coalesce(unposted.outcome, 'SHORTFALL') = 'SHORTFALL' THEN
      settled := hold.settled_micro;
      short_id := hold.shortfall_id;
      IF hold.reservation_id IS NULL THEN
        SELECT f.settled_micro, f.shortfall_id INTO settled, short_id FROM funding_decisions f
         WHERE f.account_id = command.account_id AND f.ref_type = coalesce(entry.ref_type, unposted.ref_type)
           AND f.ref_id = coalesce(entry.ref_id, unposted.ref_id)
           AND f.acceptance = coalesce(entry.acceptance, unposted.acceptance);
      END IF;
    END IF;
    IF command.operation = 'clawback' THEN
      -- What was spent when it was asked for; what a hold spends later is a shortfall of its own.
      SELECT s.shortfall_id INTO short_id FROM shortfalls s
       WHERE s.account_id = command.account_id AND s.clawback_id = coalesce(entry.entry_id, unposted.outcome_id)
         AND s.created_at = coalesce(entry.created_at, unposted.created_at);
    END IF;
    short_id := coalesce(short_id, (unposted.details->>'shortfall_id')::uuid);
    IF short_id IS NOT NULL THEN
      SELECT * INTO short FROM shortfalls s WHERE s.account_id = command.account_id AND s.shortfall_id = short_id;
    END IF;

    outcome := json_build_object(
      'outcome', CASE WHEN entry.entry_id IS NOT NULL THEN 'POSTED' ELSE unposted.outcome END,
      'replayed', replayed,
      'code', unposted.code,
      'seq', coalesce(entry.seq, unposted.account_seq),
      'settled_micro', settled::text,
      'entry', CASE WHEN entry.entry_id IS NOT NULL THEN credit_entry_json(entry) END,
      'unposted', CASE WHEN entry.entry_id IS NULL THEN json_build_object(
        'details', unposted.details, 'ref_type', unposted.ref_type, 'ref_id', unposted.ref_id,
        'acceptance', unposted.acceptance, 'created_at', unposted.created_at) END,
      'reservation', CASE WHEN hold.reservation_id IS NOT NULL THEN credit_hold_json(hold) END,
      'shortfall', CASE WHEN short.shortfall_id IS NOT NULL THEN
        json_build_object('account_id', short.account_id, 'shortfall_id', short.shortfall_id, 'ref_type', short.ref_type,
          'ref_id', short.ref_id, 'acceptance', short.acceptance, 'amount_micro', short.amount_micro::text,
          'status', short.status, 'created_at', short.created_at) END);
  END $body$;

  -- Amounts travel as text: a JSON number would be read as a double. Plain json, field by field: jsonb sorts its names.
  CREATE FUNCTION credit_entry_json(entry ledger) RETURNS json LANGUAGE sql STABLE AS $body$
    SELECT json_build_object(
      'account_id', entry.account_id, 'seq', entry.seq::text, 'entry_id', entry.entry_id, 'kind', entry.kind,
      'balance_delta_micro', entry.balance_delta_micro::text, 'reserved_delta_micro', entry.reserved_delta_micro::text,
      'balance_after_micro', entry.balance_after_micro::text, 'reserved_after_micro', entry.reserved_after_micro::text,
      'reservation_id', entry.reservation_id, 'ref_type', entry.ref_type, 'ref_id', entry.ref_id,
      'acceptance', entry.acceptance, 'client', entry.client, 'idempotency_key', entry.idempotency_key,
      'actor', entry.actor, 'reason', entry.reason, 'effective_at', entry.effective_at, 'created_at', entry.created_at)
  $body$;
  CREATE FUNCTION credit_hold_json(hold reservations) RETURNS json LANGUAGE sql STABLE AS $body$
    SELECT json_build_object(
      'account_id', hold.account_id, 'reservation_id', hold.reservation_id, 'amount_micro', hold.amount_micro::text,
      'held_micro', hold.held_micro::text, 'status', hold.status, 'ref_type', hold.ref_type, 'ref_id', hold.ref_id,
      'acceptance', hold.acceptance, 'idempotency_key', hold.idempotency_key, 'created_at', hold.created_at,
      'expires_at', hold.expires_at, 'resolved_at', hold.resolved_at)
  $body$;
`;

const FOLD = String.raw`
  -- Folds commands one by one. The caller holds the locks of all their wallets and has read the clock after them.
  CREATE FUNCTION fold_credit_commands(commands credit_command[], started timestamptz)
  RETURNS TABLE (outcome_position integer, outcome json) LANGUAGE plpgsql AS $body$
  DECLARE
    wallet wallets;
    command credit_command;
    step record;
    -- A transfer touches two accounts: then commands keep the order of the batch, not only that of each account.
    is_mixed CONSTANT boolean := EXISTS (SELECT FROM unnest(commands) c WHERE c.operation = 'transfer');
  BEGIN
    FOR command IN
      SELECT c.* FROM unnest(commands) c ORDER BY CASE WHEN is_mixed THEN NULL ELSE c.account_id END, c.position
    LOOP
      IF wallet.account_id IS DISTINCT FROM command.account_id THEN
        PERFORM store_wallet(wallet);
        SELECT * INTO wallet FROM wallets w WHERE w.account_id = command.account_id;
        -- Never behind the account's last row, whatever the clock did.
        wallet.last_entry_at := greatest(started, wallet.last_entry_at);
        IF wallet.next_lot_expiry_at <= wallet.last_entry_at THEN wallet := settle_due_lots(wallet); END IF;
      END IF;
      outcome_position := command.position;
      IF wallet.account_id IS NULL THEN
        -- The caller goes on with postpaid work. Whoever enrols the account later must not charge for it again.
        IF command.operation = 'reserve' THEN
          INSERT INTO funding_decisions VALUES (
            command.account_id, command.ref_type, command.ref_id, coalesce(command.acceptance, 1), 'IGNORED', 'POSTPAID',
            started)
          ON CONFLICT DO NOTHING;
        END IF;
        outcome := json_build_object('outcome', 'REJECTED', 'code', 'account_not_enrolled');
      ELSIF command.operation = 'expire_lots' THEN
        -- What the sweeper wants was done when the wallet was read.
        outcome := json_build_object('outcome', 'SWEPT');
      ELSE
        step := apply_credit_command(wallet, command);
        wallet := step.wallet;
        outcome := step.outcome;
      END IF;
      RETURN NEXT;
    END LOOP;
    PERFORM store_wallet(wallet);
  END $body$;
`;
