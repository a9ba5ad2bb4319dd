import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The exact fold of credit commands: each account's commands are decided one by one, in the order they arrived.
 *
 * `expire_due_holds` and `post_entry` are steps of the fold. `wallet` is passed by value and returned, so that an
 * account's row is read once and written once per batch.
 */
export class CreateFoldCreditCommands1763700000400 implements MigrationInterface {
  readonly name = 'CreateFoldCreditCommands1763700000400';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(String.raw`
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
        actor text,
        reason text,
        new_id uuid,
        new_reservation_id uuid
      );

      -- Posts one movement: moves the wallet's counters and appends the row. The caller holds the wallet's lock.
      CREATE FUNCTION post_entry(
        INOUT wallet wallets, command credit_command, entry_id uuid, leg smallint, kind text,
        balance_delta bigint, reserved_delta bigint, held_id uuid, reference_type text, reference_id text,
        accepted integer, effective timestamptz, OUT entry ledger
      ) LANGUAGE plpgsql AS $body$
      BEGIN
        wallet.seq := wallet.seq + 1;
        wallet.balance_micro := wallet.balance_micro + balance_delta;
        wallet.reserved_micro := wallet.reserved_micro + reserved_delta;
        INSERT INTO ledger VALUES (
          wallet.account_id, wallet.seq, entry_id, kind, balance_delta, reserved_delta, wallet.balance_micro,
          wallet.reserved_micro, held_id, reference_type, reference_id, accepted, command.client, command.operation,
          command.idempotency_key, leg, decode(command.request_digest, 'hex'), command.actor, command.reason,
          effective, wallet.last_entry_at)
        RETURNING * INTO entry;
      END $body$;

      -- Writes the row of a hold whose time is over. Its effect counts from the deadline, whenever the row is written.
      CREATE FUNCTION expire_hold(INOUT wallet wallets, INOUT hold reservations) LANGUAGE plpgsql AS $body$
      DECLARE
        command credit_command;
        posted record;
      BEGIN
        command.client := 'studio';
        command.operation := 'expire';
        command.idempotency_key := 'expire:' || hold.reservation_id;
        command.request_digest := encode(sha256(convert_to(command.idempotency_key, 'UTF8')), 'hex');
        SELECT * INTO posted FROM post_entry(wallet, command, gen_random_uuid(), 0::smallint, 'EXPIRE', 0,
          -hold.amount_micro, hold.reservation_id, hold.ref_type, hold.ref_id, hold.acceptance, hold.expires_at);
        wallet := posted.wallet;
        UPDATE reservations r SET status = 'EXPIRED', resolved_at = wallet.last_entry_at
         WHERE r.account_id = hold.account_id AND r.reservation_id = hold.reservation_id
        RETURNING r.* INTO hold;
      END $body$;

      -- Frees what expired holds still occupy; called only when a command would otherwise be refused.
      CREATE FUNCTION expire_due_holds(INOUT wallet wallets) LANGUAGE plpgsql AS $body$
      DECLARE
        hold reservations;
        expired record;
      BEGIN
        FOR hold IN
          SELECT * FROM reservations r
           WHERE r.account_id = wallet.account_id AND r.status = 'ACTIVE' AND r.expires_at <= wallet.last_entry_at
           ORDER BY r.expires_at, r.reservation_id
        LOOP
          SELECT * INTO expired FROM expire_hold(wallet, hold);
          wallet := expired.wallet;
        END LOOP;
      END $body$;

      -- Writes the counters back once an account's commands are folded; a wallet that did not move is not written.
      CREATE FUNCTION store_wallet(wallet wallets) RETURNS void LANGUAGE sql AS $body$
        UPDATE wallets w SET balance_micro = wallet.balance_micro, reserved_micro = wallet.reserved_micro,
               seq = wallet.seq, last_entry_at = wallet.last_entry_at
         WHERE w.account_id = wallet.account_id AND w.seq <> wallet.seq
      $body$;

      CREATE FUNCTION store_unposted_outcome(
        wallet wallets, command credit_command, given_outcome text, given_code text, given_details jsonb, accepted integer
      ) RETURNS unposted_outcomes LANGUAGE plpgsql AS $body$
      DECLARE
        stored unposted_outcomes;
      BEGIN
        INSERT INTO unposted_outcomes VALUES (
          command.account_id, command.client, command.operation, command.idempotency_key, command.new_id,
          decode(command.request_digest, 'hex'), given_outcome, given_code, coalesce(given_details, '{}'),
          command.ref_type, command.ref_id, accepted, command.amount_micro, command.actor, command.reason,
          wallet.seq, wallet.last_entry_at)
        RETURNING * INTO stored;
        RETURN stored;
      END $body$;

      -- Decides one command against its locked wallet and writes what it decided. The outcome it returns holds rows as
      -- they are stored, so that a replay (which reads them) and the first answer cannot differ.
      CREATE FUNCTION apply_credit_command(INOUT wallet wallets, command credit_command, OUT outcome jsonb)
      LANGUAGE plpgsql AS $body$
      DECLARE
        entry ledger;
        unposted unposted_outcomes;
        hold reservations;
        funding funding_decisions;
        short shortfalls;
        step record;
        digest bytea := decode(command.request_digest, 'hex');
        accepted integer := command.acceptance;
        refusal text;
        available bigint;
        wanted bigint;
        from_hold bigint := 0;
        from_available bigint := 0;
        replayed boolean := false;
      BEGIN
        -- (1) A key that has an outcome answers it, before mode, status or funds are looked at.
        SELECT * INTO entry FROM ledger l
         WHERE l.account_id = command.account_id AND l.client = command.client AND l.operation = command.operation
           AND l.idempotency_key = command.idempotency_key AND l.leg = 0;
        IF NOT FOUND THEN
          SELECT * INTO unposted FROM unposted_outcomes u
           WHERE u.account_id = command.account_id AND u.client = command.client AND u.operation = command.operation
             AND u.idempotency_key = command.idempotency_key;
        END IF;
        replayed := entry.entry_id IS NOT NULL OR unposted.outcome_id IS NOT NULL;
        IF replayed AND coalesce(entry.request_digest, unposted.request_digest) <> digest THEN
          outcome := jsonb_build_object('outcome', 'REJECTED', 'code', 'idempotency_key_reused');
          RETURN;
        END IF;

        IF replayed THEN
          accepted := coalesce(entry.acceptance, unposted.acceptance);
          SELECT * INTO hold FROM reservations r
           WHERE r.account_id = command.account_id AND r.reservation_id = entry.reservation_id;
          -- Said, not written: the sweeper will.
          IF hold.status = 'ACTIVE' AND hold.expires_at <= wallet.last_entry_at THEN hold.status := 'EXPIRED'; END IF;
          IF command.operation = 'consume' THEN
            SELECT * INTO funding FROM funding_decisions f
             WHERE f.account_id = command.account_id AND f.acceptance = accepted
               AND f.ref_type = coalesce(entry.ref_type, unposted.ref_type)
               AND f.ref_id = coalesce(entry.ref_id, unposted.ref_id);
          END IF;

        ELSIF command.operation = 'grant' THEN
          IF wallet.balance_micro + command.amount_micro > 9000000000000000 THEN
            unposted := store_unposted_outcome(wallet, command, 'REFUSED', 'CREDIT_BALANCE_INVARIANT_FAILED', NULL, NULL);
          ELSE
            SELECT * INTO step FROM post_entry(wallet, command, command.new_id, 0::smallint, 'GRANT',
              command.amount_micro, 0, NULL, NULL, NULL, NULL, wallet.last_entry_at);
            wallet := step.wallet; entry := step.entry;
          END IF;

        ELSIF command.operation = 'expire' THEN
          SELECT * INTO hold FROM reservations r
           WHERE r.account_id = command.account_id AND r.reservation_id = command.reservation_id;
          IF hold.status = 'ACTIVE' AND hold.expires_at <= wallet.last_entry_at THEN
            SELECT * INTO step FROM expire_hold(wallet, hold);
            wallet := step.wallet; hold := step.hold;
          END IF;
          outcome := jsonb_build_object('outcome', 'SWEPT', 'reservation', to_jsonb(hold));
          RETURN;

        ELSIF command.operation = 'reserve' THEN
          -- (2) Which acceptance of the work this is. Clients that do not count get the next number once the last hold ended.
          IF accepted IS NULL THEN
            SELECT * INTO funding FROM funding_decisions f
             WHERE f.account_id = command.account_id AND f.ref_type = command.ref_type AND f.ref_id = command.ref_id
             ORDER BY f.acceptance DESC LIMIT 1;
            accepted := coalesce(funding.acceptance, 1);
            IF funding.decision = 'HELD' AND NOT EXISTS (
              SELECT FROM reservations r WHERE r.account_id = command.account_id
                 AND r.reservation_id = funding.reservation_id AND r.status = 'ACTIVE' AND r.expires_at > wallet.last_entry_at)
              OR funding.settled_at IS NOT NULL
            THEN
              accepted := funding.acceptance + 1;
              funding := NULL;
            END IF;
          ELSE
            SELECT * INTO funding FROM funding_decisions f
             WHERE f.account_id = command.account_id AND f.ref_type = command.ref_type AND f.ref_id = command.ref_id
               AND f.acceptance = accepted;
          END IF;

          -- A hold of an earlier acceptance may still be live, and only one may be.
          SELECT * INTO hold FROM reservations r
           WHERE r.account_id = command.account_id AND r.ref_type = command.ref_type AND r.ref_id = command.ref_id
             AND r.status = 'ACTIVE';
          IF hold.status = 'ACTIVE' AND hold.expires_at <= wallet.last_entry_at THEN
            SELECT * INTO step FROM expire_hold(wallet, hold);
            wallet := step.wallet; hold := NULL;
          END IF;

          wanted := command.amount_micro;
          available := wallet.balance_micro - wallet.reserved_micro + wallet.overdraft_limit_micro;
          IF hold.status = 'ACTIVE' THEN
            refusal := 'RESERVATION_ALREADY_ACTIVE';
          ELSIF funding.decision = 'IGNORED' THEN
            refusal := 'IGNORED';
          ELSIF funding.settled_at IS NOT NULL THEN
            refusal := 'ALREADY_SETTLED';
          ELSIF funding.decision = 'HELD' THEN
            SELECT 'RESERVATION_ALREADY_' || r.status INTO refusal FROM reservations r
             WHERE r.account_id = command.account_id AND r.reservation_id = funding.reservation_id;
          ELSIF wallet.account_status <> 'ACTIVE' THEN
            refusal := 'ACCOUNT_NOT_ACTIVE';
          ELSIF wallet.billing_mode <> 'CREDIT' THEN
            refusal := 'IGNORED';
          ELSIF available < wanted THEN
            wallet := expire_due_holds(wallet);
            available := wallet.balance_micro - wallet.reserved_micro + wallet.overdraft_limit_micro;
            IF available < wanted THEN refusal := 'INSUFFICIENT_CREDITS'; END IF;
          END IF;

          IF refusal IS NULL THEN
            INSERT INTO reservations VALUES (
              command.account_id, command.new_reservation_id, wanted, 'ACTIVE', command.ref_type, command.ref_id, accepted,
              command.client, command.idempotency_key, wallet.last_entry_at,
              wallet.last_entry_at + make_interval(mins => command.expires_in_minutes), NULL)
            RETURNING * INTO hold;
            SELECT * INTO step FROM post_entry(wallet, command, command.new_id, 0::smallint, 'RESERVE', 0, wanted,
              hold.reservation_id, hold.ref_type, hold.ref_id, accepted, wallet.last_entry_at);
            wallet := step.wallet; entry := step.entry;
            INSERT INTO funding_decisions VALUES (
              command.account_id, command.ref_type, command.ref_id, accepted, 'HELD', wallet.billing_mode, hold.reservation_id,
              wallet.last_entry_at)
            ON CONFLICT ON CONSTRAINT funding_decisions_pkey
              DO UPDATE SET decision = 'HELD', billing_mode = excluded.billing_mode,
                            reservation_id = excluded.reservation_id, decided_at = excluded.decided_at;
          ELSE
            unposted := store_unposted_outcome(wallet, command,
              CASE refusal WHEN 'IGNORED' THEN 'IGNORED' ELSE 'REFUSED' END, nullif(refusal, 'IGNORED'),
              CASE refusal
                WHEN 'INSUFFICIENT_CREDITS' THEN jsonb_build_object('required_micro', wanted::text, 'available_micro', available::text)
                WHEN 'RESERVATION_ALREADY_ACTIVE' THEN jsonb_build_object('reservation_id', hold.reservation_id)
              END, accepted);
            IF refusal IN ('IGNORED', 'ACCOUNT_NOT_ACTIVE', 'INSUFFICIENT_CREDITS') THEN
              INSERT INTO funding_decisions VALUES (
                command.account_id, command.ref_type, command.ref_id, accepted,
                CASE refusal WHEN 'IGNORED' THEN 'IGNORED' ELSE 'REFUSED' END, wallet.billing_mode, NULL,
                wallet.last_entry_at)
              ON CONFLICT ON CONSTRAINT funding_decisions_pkey DO NOTHING;
            END IF;
          END IF;

        ELSE
          -- (3) Consume and release: find the hold, the live one first.
          IF command.reservation_id IS NOT NULL THEN
            SELECT * INTO hold FROM reservations r
             WHERE r.account_id = command.account_id AND r.reservation_id = command.reservation_id;
            IF hold.reservation_id IS NULL THEN
              outcome := jsonb_build_object('outcome', 'REJECTED', 'code', 'reservation_not_found');
              RETURN;
            END IF;
            command.ref_type := hold.ref_type;
            command.ref_id := hold.ref_id;
            accepted := hold.acceptance;
          ELSE
            IF accepted IS NULL THEN
              SELECT * INTO hold FROM reservations r
               WHERE r.account_id = command.account_id AND r.ref_type = command.ref_type AND r.ref_id = command.ref_id
                 AND r.status = 'ACTIVE';
              accepted := hold.acceptance;
            END IF;
            IF accepted IS NULL THEN
              SELECT max(f.acceptance) INTO accepted FROM funding_decisions f
               WHERE f.account_id = command.account_id AND f.ref_type = command.ref_type AND f.ref_id = command.ref_id;
              accepted := coalesce(accepted, 1);
            END IF;
          END IF;
          SELECT * INTO funding FROM funding_decisions f
           WHERE f.account_id = command.account_id AND f.ref_type = command.ref_type AND f.ref_id = command.ref_id
             AND f.acceptance = accepted;
          IF hold.reservation_id IS NULL AND funding.reservation_id IS NOT NULL THEN
            SELECT * INTO hold FROM reservations r
             WHERE r.account_id = command.account_id AND r.reservation_id = funding.reservation_id;
          END IF;
          IF hold.status = 'ACTIVE' AND hold.expires_at <= wallet.last_entry_at THEN
            SELECT * INTO step FROM expire_hold(wallet, hold);
            wallet := step.wallet; hold := step.hold;
          END IF;

          -- Refused while it was postpaid (a suspended account): what is owed for it is owed on an invoice.
          IF funding.decision = 'IGNORED' OR (funding.decision = 'REFUSED' AND funding.billing_mode = 'POSTPAID') THEN
            unposted := store_unposted_outcome(wallet, command, 'IGNORED', NULL, NULL, accepted);

          ELSIF command.operation = 'release' THEN
            IF hold.reservation_id IS NULL THEN
              outcome := jsonb_build_object('outcome', 'REJECTED', 'code', 'reservation_not_found');
              RETURN;
            ELSIF hold.status <> 'ACTIVE' THEN
              unposted := store_unposted_outcome(wallet, command, 'REFUSED', 'RESERVATION_ALREADY_' || hold.status,
                jsonb_build_object('reservation_id', hold.reservation_id), accepted);
            ELSE
              SELECT * INTO step FROM post_entry(wallet, command, command.new_id, 0::smallint, 'RELEASE', 0,
                -hold.amount_micro, hold.reservation_id, hold.ref_type, hold.ref_id, accepted, wallet.last_entry_at);
              wallet := step.wallet; entry := step.entry;
              UPDATE reservations r SET status = 'RELEASED', resolved_at = wallet.last_entry_at
               WHERE r.account_id = hold.account_id AND r.reservation_id = hold.reservation_id
              RETURNING r.* INTO hold;
            END IF;

          ELSIF funding.settled_at IS NOT NULL THEN
            -- One settlement per acceptance, with or without a live hold: a late or repeated delivery cannot charge twice.
            unposted := store_unposted_outcome(wallet, command, 'REFUSED',
              CASE hold.status WHEN 'CONSUMED' THEN 'RESERVATION_ALREADY_CONSUMED' ELSE 'ALREADY_SETTLED' END,
              jsonb_build_object('reservation_id', hold.reservation_id), accepted);

          ELSIF hold.status IS DISTINCT FROM 'ACTIVE' AND NOT coalesce(command.settle_without_hold, false) THEN
            IF hold.reservation_id IS NULL THEN
              outcome := jsonb_build_object('outcome', 'REJECTED', 'code', 'reservation_not_found');
              RETURN;
            END IF;
            unposted := store_unposted_outcome(wallet, command, 'REFUSED', 'RESERVATION_ALREADY_' || hold.status,
              jsonb_build_object('reservation_id', hold.reservation_id), accepted);

          ELSIF funding.decision IS NULL AND wallet.billing_mode <> 'CREDIT' THEN
            -- Never asked about before: this is the funding decision, and today's policy makes it.
            INSERT INTO funding_decisions VALUES (
              command.account_id, command.ref_type, command.ref_id, accepted, 'IGNORED', wallet.billing_mode, NULL,
              wallet.last_entry_at);
            unposted := store_unposted_outcome(wallet, command, 'IGNORED', NULL, NULL, accepted);

          ELSE
            -- (4) Charge: from the hold first, the rest from what is available, what is missing becomes a shortfall.
            IF hold.status = 'ACTIVE' THEN
              wanted := coalesce(command.amount_micro, hold.amount_micro);
              from_hold := least(wanted, hold.amount_micro);
            ELSE
              wanted := command.amount_micro;
            END IF;
            IF wanted > from_hold THEN
              available := wallet.balance_micro - wallet.reserved_micro + wallet.overdraft_limit_micro;
              IF available < wanted - from_hold THEN
                wallet := expire_due_holds(wallet);
                available := wallet.balance_micro - wallet.reserved_micro + wallet.overdraft_limit_micro;
              END IF;
              from_available := greatest(0, least(wanted - from_hold, available));
            END IF;

            IF from_hold > 0 THEN
              SELECT * INTO step FROM post_entry(wallet, command, command.new_id, 0::smallint, 'CONSUME', -from_hold,
                -from_hold, hold.reservation_id, hold.ref_type, hold.ref_id, accepted, wallet.last_entry_at);
              wallet := step.wallet; entry := step.entry;
              IF from_hold < hold.amount_micro THEN
                SELECT * INTO step FROM post_entry(wallet, command, gen_random_uuid(), 1::smallint, 'RELEASE', 0,
                  from_hold - hold.amount_micro, hold.reservation_id, hold.ref_type, hold.ref_id, accepted,
                  wallet.last_entry_at);
                wallet := step.wallet;
              END IF;
              UPDATE reservations r SET status = 'CONSUMED', resolved_at = wallet.last_entry_at
               WHERE r.account_id = hold.account_id AND r.reservation_id = hold.reservation_id
              RETURNING r.* INTO hold;
            END IF;
            IF from_available > 0 THEN
              SELECT * INTO step FROM post_entry(wallet, command,
                CASE from_hold WHEN 0 THEN command.new_id ELSE gen_random_uuid() END,
                CASE from_hold WHEN 0 THEN 0 ELSE 1 END::smallint, 'CONSUME', -from_available, 0, hold.reservation_id,
                command.ref_type, command.ref_id, accepted, wallet.last_entry_at);
              wallet := step.wallet;
              IF from_hold = 0 THEN entry := step.entry; END IF;
            END IF;
            IF from_hold + from_available < wanted THEN
              INSERT INTO shortfalls VALUES (
                command.account_id, gen_random_uuid(), command.ref_type, command.ref_id, accepted,
                wanted - from_hold - from_available, 'OPEN', wallet.last_entry_at, wallet.last_entry_at)
              RETURNING * INTO short;
            END IF;
            INSERT INTO funding_decisions VALUES (
              command.account_id, command.ref_type, command.ref_id, accepted, 'SETTLED_WITHOUT_HOLD', wallet.billing_mode,
              NULL, wallet.last_entry_at, wallet.last_entry_at, from_hold + from_available, short.shortfall_id)
            ON CONFLICT ON CONSTRAINT funding_decisions_pkey DO UPDATE
              SET settled_at = excluded.settled_at, settled_micro = excluded.settled_micro, shortfall_id = excluded.shortfall_id
            RETURNING * INTO funding;
            IF entry.entry_id IS NULL THEN
              unposted := store_unposted_outcome(wallet, command, 'SHORTFALL', NULL, NULL, accepted);
            END IF;
          END IF;
        END IF;

        IF short.shortfall_id IS NULL AND funding.shortfall_id IS NOT NULL
           AND (entry.entry_id IS NOT NULL OR unposted.outcome = 'SHORTFALL') THEN
          SELECT * INTO short FROM shortfalls s
           WHERE s.account_id = command.account_id AND s.shortfall_id = funding.shortfall_id;
        END IF;
        outcome := jsonb_build_object(
          'outcome', CASE WHEN entry.entry_id IS NOT NULL THEN 'POSTED' ELSE unposted.outcome END,
          'replayed', replayed,
          'code', unposted.code,
          'seq', coalesce(entry.seq, unposted.account_seq),
          'settled_micro', CASE WHEN command.operation = 'consume' THEN funding.settled_micro::text END,
          'entry', CASE WHEN entry.entry_id IS NOT NULL THEN credit_entry_json(entry) END,
          'unposted', CASE WHEN entry.entry_id IS NULL THEN jsonb_build_object(
            'details', unposted.details, 'ref_type', unposted.ref_type, 'ref_id', unposted.ref_id,
            'acceptance', unposted.acceptance, 'created_at', unposted.created_at) END,
          'reservation', CASE WHEN hold.reservation_id IS NOT NULL THEN credit_hold_json(hold) END,
          'shortfall', CASE WHEN short.shortfall_id IS NOT NULL THEN
            to_jsonb(short) || jsonb_build_object('amount_micro', short.amount_micro::text) END);
      END $body$;

      -- Amounts travel as text: a JSON number would be read as a double.
      CREATE FUNCTION credit_entry_json(entry ledger) RETURNS jsonb LANGUAGE sql STABLE AS $body$
        SELECT to_jsonb(entry) - 'request_digest' || jsonb_build_object(
          'balance_delta_micro', entry.balance_delta_micro::text, 'reserved_delta_micro', entry.reserved_delta_micro::text,
          'balance_after_micro', entry.balance_after_micro::text, 'reserved_after_micro', entry.reserved_after_micro::text,
          'seq', entry.seq::text)
      $body$;
      CREATE FUNCTION credit_hold_json(hold reservations) RETURNS jsonb LANGUAGE sql STABLE AS $body$
        SELECT to_jsonb(hold) || jsonb_build_object('amount_micro', hold.amount_micro::text)
      $body$;

      -- Folds commands one by one. The caller holds the locks of all their wallets and has read the clock after them.
      CREATE FUNCTION fold_credit_commands(commands credit_command[], started timestamptz)
      RETURNS TABLE (outcome_position integer, outcome jsonb) LANGUAGE plpgsql AS $body$
      DECLARE
        wallet wallets;
        command credit_command;
        step record;
      BEGIN
        FOR command IN SELECT c.* FROM unnest(commands) c ORDER BY c.account_id, c.position LOOP
          IF wallet.account_id IS DISTINCT FROM command.account_id THEN
            PERFORM store_wallet(wallet);
            SELECT * INTO wallet FROM wallets w WHERE w.account_id = command.account_id;
            -- Never behind the account's last row, whatever the clock did.
            wallet.last_entry_at := greatest(started, wallet.last_entry_at);
          END IF;
          outcome_position := command.position;
          IF wallet.account_id IS NULL THEN
            -- The caller goes on with postpaid work. Whoever enrols the account later must not charge for it again.
            IF command.operation = 'reserve' THEN
              INSERT INTO funding_decisions VALUES (
                command.account_id, command.ref_type, command.ref_id, coalesce(command.acceptance, 1), 'IGNORED', 'POSTPAID',
                NULL, started)
              ON CONFLICT DO NOTHING;
            END IF;
            outcome := jsonb_build_object('outcome', 'REJECTED', 'code', 'account_not_enrolled');
          ELSE
            SELECT * INTO step FROM apply_credit_command(wallet, command);
            wallet := step.wallet;
            outcome := step.outcome;
          END IF;
          RETURN NEXT;
        END LOOP;
        PERFORM store_wallet(wallet);
      END $body$;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP FUNCTION fold_credit_commands(credit_command[], timestamptz);
      DROP FUNCTION apply_credit_command(wallets, credit_command);
      DROP FUNCTION credit_hold_json(reservations);
      DROP FUNCTION credit_entry_json(ledger);
      DROP FUNCTION store_wallet(wallets);
      DROP FUNCTION store_unposted_outcome(wallets, credit_command, text, text, jsonb, integer);
      DROP FUNCTION expire_due_holds(wallets);
      DROP FUNCTION expire_hold(wallets, reservations);
      DROP FUNCTION post_entry(wallets, credit_command, uuid, smallint, text, bigint, bigint, uuid, text, text, integer, timestamptz);
      DROP TYPE credit_command;
    `);
  }
}
