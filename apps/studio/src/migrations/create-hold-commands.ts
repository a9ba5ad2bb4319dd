import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Commands about holds: how each is decided. One function per command, each takes a decision begun and returns it made. */
export class CreateHoldCommands1763700000420 implements MigrationInterface {
  readonly name = 'CreateHoldCommands1763700000420';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(RESERVE);
    await runner.query(FIND_HOLD);
    await runner.query(CONSUME);
    await runner.query(RELEASE);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP FUNCTION sweep_hold(credit_decision), extend_hold(credit_decision), release_credits(credit_decision),
        consume_credits(credit_decision), find_hold(credit_command), reserve_credits(credit_decision);
    `);
  }
}

const RESERVE = String.raw`
  CREATE FUNCTION reserve_credits(decision credit_decision) RETURNS credit_decision LANGUAGE plpgsql AS $body$
  DECLARE
    wallet wallets := decision.wallet;
    command credit_command := decision.command;
    held reservations;
    live reservations;
    funding funding_decisions;
    refusal text;
    available bigint;
  BEGIN
    -- Which acceptance of the work this is. Clients that do not count get the next number once the last one ended.
    SELECT * INTO held FROM reservations r
     WHERE r.account_id = command.account_id AND r.ref_type = command.ref_type AND r.ref_id = command.ref_id
       AND (command.acceptance IS NULL OR r.acceptance = command.acceptance)
     ORDER BY r.acceptance DESC LIMIT 1;
    SELECT * INTO funding FROM funding_decisions f
     WHERE f.account_id = command.account_id AND f.ref_type = command.ref_type AND f.ref_id = command.ref_id
       AND (command.acceptance IS NULL OR f.acceptance = command.acceptance)
     ORDER BY f.acceptance DESC LIMIT 1;
    IF command.acceptance IS NULL THEN
      command.acceptance := coalesce(greatest(held.acceptance, funding.acceptance), 1);
      IF held.acceptance = command.acceptance THEN
        IF held.status <> 'ACTIVE' OR held.expires_at <= wallet.last_entry_at OR held.settled_at IS NOT NULL THEN
          command.acceptance := command.acceptance + 1;
        END IF;
      ELSIF funding.settled_at IS NOT NULL THEN
        command.acceptance := command.acceptance + 1;
      END IF;
    END IF;
    decision.command := command;

    -- A hold of an earlier acceptance may still be live, and only one may be.
    SELECT * INTO live FROM reservations r
     WHERE r.account_id = command.account_id AND r.ref_type = command.ref_type AND r.ref_id = command.ref_id
       AND r.status = 'ACTIVE';
    IF live.expires_at <= wallet.last_entry_at THEN
      wallet := expire_hold(wallet, live);
      live := NULL;
      IF held.status = 'ACTIVE' THEN held.status := 'EXPIRED'; END IF;
    END IF;

    IF live.reservation_id IS NOT NULL THEN
      refusal := 'RESERVATION_ALREADY_ACTIVE';
    ELSIF held.acceptance = command.acceptance THEN
      refusal := CASE WHEN held.settled_at IS NULL THEN 'RESERVATION_ALREADY_' || held.status ELSE 'ALREADY_SETTLED' END;
    ELSIF funding.acceptance = command.acceptance AND funding.decision = 'IGNORED' THEN
      refusal := 'IGNORED';
    ELSIF funding.acceptance = command.acceptance AND funding.settled_at IS NOT NULL THEN
      refusal := 'ALREADY_SETTLED';
    ELSIF wallet.account_status <> 'ACTIVE' THEN
      refusal := 'ACCOUNT_NOT_ACTIVE';
    ELSIF wallet.billing_mode <> 'CREDIT' THEN
      refusal := 'IGNORED';
    ELSE
      available := wallet.balance_micro - wallet.reserved_micro + wallet.overdraft_limit_micro;
      IF available < command.amount_micro THEN
        wallet := expire_due_holds(wallet);
        available := wallet.balance_micro - wallet.reserved_micro + wallet.overdraft_limit_micro;
        IF available < command.amount_micro THEN refusal := 'INSUFFICIENT_CREDITS'; END IF;
      END IF;
    END IF;

    IF refusal IS NULL THEN
      command.reservation_id := command.new_reservation_id;
      INSERT INTO reservations VALUES (
        command.account_id, command.reservation_id, command.amount_micro, command.amount_micro, 'ACTIVE', command.ref_type,
        command.ref_id, command.acceptance, command.client, command.idempotency_key, wallet.last_entry_at,
        wallet.last_entry_at + make_interval(mins => command.expires_in_minutes));
      decision.wallet := post_entry(wallet, command, 0, 'RESERVE', 0, command.amount_micro);
      decision.entry_seq := (decision.wallet).seq;
      RETURN decision;
    END IF;

    decision.wallet := wallet;
    IF refusal IN ('IGNORED', 'ACCOUNT_NOT_ACTIVE', 'INSUFFICIENT_CREDITS') THEN
      INSERT INTO funding_decisions VALUES (
        command.account_id, command.ref_type, command.ref_id, command.acceptance,
        CASE refusal WHEN 'IGNORED' THEN 'IGNORED' ELSE 'REFUSED' END, wallet.billing_mode, wallet.last_entry_at)
      ON CONFLICT DO NOTHING;
    END IF;
    IF refusal = 'IGNORED' THEN
      decision.outcome := 'IGNORED';
      RETURN decision;
    END IF;
    RETURN refuse_command(decision, refusal, CASE refusal
      WHEN 'INSUFFICIENT_CREDITS' THEN
        jsonb_build_object('required_micro', command.amount_micro::text, 'available_micro', available::text)
      WHEN 'RESERVATION_ALREADY_ACTIVE' THEN jsonb_build_object('reservation_id', live.reservation_id)
      END);
  END $body$;
`;

const FIND_HOLD = String.raw`
  -- The hold a command is about: named, or the live one of its reference, or the one of the acceptance given.
  CREATE FUNCTION find_hold(command credit_command) RETURNS reservations LANGUAGE plpgsql STABLE AS $body$
  DECLARE
    hold reservations;
  BEGIN
    IF command.reservation_id IS NOT NULL THEN
      SELECT * INTO hold FROM reservations r
       WHERE r.account_id = command.account_id AND r.reservation_id = command.reservation_id;
    ELSE
      SELECT * INTO hold FROM reservations r
       WHERE r.account_id = command.account_id AND r.ref_type = command.ref_type AND r.ref_id = command.ref_id
         AND (command.acceptance IS NULL OR r.acceptance = command.acceptance)
       ORDER BY r.status = 'ACTIVE' DESC, r.acceptance DESC LIMIT 1;
    END IF;
    RETURN hold;
  END $body$;
`;

const CONSUME = String.raw`
  -- One settlement per acceptance, with or without a live hold: a late or repeated delivery cannot charge twice.
  CREATE FUNCTION consume_credits(decision credit_decision) RETURNS credit_decision LANGUAGE plpgsql AS $body$
  DECLARE
    wallet wallets := decision.wallet;
    command credit_command := decision.command;
    hold reservations := find_hold(command);
    funding funding_decisions;
    was_live boolean;
    wanted bigint := command.amount_micro;
    from_hold bigint := 0;
    from_available bigint := 0;
    available bigint;
    short_id uuid;
  BEGIN
    IF hold.reservation_id IS NULL AND command.reservation_id IS NOT NULL THEN
      decision.outcome := 'REJECTED';
      decision.code := 'reservation_not_found';
      RETURN decision;
    END IF;
    command.ref_type := coalesce(hold.ref_type, command.ref_type);
    command.ref_id := coalesce(hold.ref_id, command.ref_id);
    SELECT * INTO funding FROM funding_decisions f
     WHERE f.account_id = command.account_id AND f.ref_type = command.ref_type AND f.ref_id = command.ref_id
       AND (coalesce(command.acceptance, CASE hold.status WHEN 'ACTIVE' THEN hold.acceptance END) IS NULL
            OR f.acceptance = coalesce(command.acceptance, hold.acceptance))
     ORDER BY f.acceptance DESC LIMIT 1;
    IF command.reservation_id IS NOT NULL OR hold.status = 'ACTIVE' THEN
      command.acceptance := hold.acceptance;
    ELSE
      command.acceptance := coalesce(command.acceptance, greatest(hold.acceptance, funding.acceptance), 1);
    END IF;
    IF hold.acceptance <> command.acceptance THEN hold := NULL; END IF;
    IF funding.acceptance <> command.acceptance THEN funding := NULL; END IF;
    IF hold.status = 'ACTIVE' AND hold.expires_at <= wallet.last_entry_at THEN
      wallet := expire_hold(wallet, hold);
      hold.status := 'EXPIRED';
    END IF;
    was_live := coalesce(hold.status = 'ACTIVE', false);
    command.reservation_id := hold.reservation_id;
    decision.command := command;
    decision.wallet := wallet;

    -- Refused while it was postpaid (a suspended account): what is owed for it is owed on an invoice.
    IF hold.reservation_id IS NULL
       AND (funding.decision = 'IGNORED' OR (funding.decision = 'REFUSED' AND funding.billing_mode = 'POSTPAID')) THEN
      decision.outcome := 'IGNORED';
      RETURN decision;
    ELSIF coalesce(hold.settled_at, funding.settled_at) IS NOT NULL THEN
      RETURN refuse_command(decision,
        CASE hold.status WHEN 'CONSUMED' THEN 'RESERVATION_ALREADY_CONSUMED' ELSE 'ALREADY_SETTLED' END,
        jsonb_build_object('reservation_id', hold.reservation_id));
    ELSIF NOT was_live AND NOT coalesce(command.settle_without_hold, false) THEN
      IF hold.reservation_id IS NULL THEN
        decision.outcome := 'REJECTED';
        decision.code := 'reservation_not_found';
        RETURN decision;
      END IF;
      RETURN refuse_command(decision, 'RESERVATION_ALREADY_' || hold.status,
        jsonb_build_object('reservation_id', hold.reservation_id));
    ELSIF hold.reservation_id IS NULL AND funding.decision IS NULL AND wallet.billing_mode <> 'CREDIT' THEN
      -- Never asked about before: this is the funding decision, and today's policy makes it.
      INSERT INTO funding_decisions VALUES (
        command.account_id, command.ref_type, command.ref_id, command.acceptance, 'IGNORED', wallet.billing_mode,
        wallet.last_entry_at);
      decision.outcome := 'IGNORED';
      RETURN decision;
    END IF;

    -- Charge: from the hold first, the rest from what is available, what is missing becomes a shortfall.
    IF was_live THEN
      wanted := coalesce(wanted, hold.held_micro);
      from_hold := least(wanted, hold.held_micro);
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
      wallet := post_entry(wallet, command, 0, 'CONSUME', -from_hold, -from_hold);
      decision.entry_seq := wallet.seq;
      IF from_hold < hold.held_micro THEN
        wallet := post_entry(wallet, command, 1, 'RELEASE', 0, from_hold - hold.held_micro);
      END IF;
    END IF;
    IF from_available > 0 THEN
      wallet := post_entry(wallet, command, CASE from_hold WHEN 0 THEN 0 ELSE 1 END, 'CONSUME', -from_available, 0);
      decision.entry_seq := coalesce(decision.entry_seq, wallet.seq);
    END IF;
    IF from_hold + from_available < wanted THEN
      short_id := gen_random_uuid();
      INSERT INTO shortfalls (account_id, shortfall_id, ref_type, ref_id, acceptance, amount_micro, status, created_at, updated_at)
      VALUES (
        command.account_id, short_id, command.ref_type, command.ref_id, command.acceptance,
        wanted - from_hold - from_available, 'OPEN', wallet.last_entry_at, wallet.last_entry_at);
    END IF;
    IF hold.reservation_id IS NOT NULL THEN
      UPDATE reservations r
         SET status = CASE WHEN was_live THEN 'CONSUMED' ELSE r.status END,
             held_micro = 0,
             resolved_at = CASE WHEN was_live THEN wallet.last_entry_at ELSE r.resolved_at END,
             settled_at = wallet.last_entry_at, settled_micro = from_hold + from_available, shortfall_id = short_id
       WHERE r.account_id = hold.account_id AND r.reservation_id = hold.reservation_id;
    ELSE
      INSERT INTO funding_decisions VALUES (
        command.account_id, command.ref_type, command.ref_id, command.acceptance, 'SETTLED_WITHOUT_HOLD', wallet.billing_mode,
        wallet.last_entry_at, wallet.last_entry_at, from_available, short_id)
      ON CONFLICT ON CONSTRAINT funding_decisions_pkey DO UPDATE
        SET settled_at = excluded.settled_at, settled_micro = excluded.settled_micro, shortfall_id = excluded.shortfall_id;
    END IF;
    IF wallet.held_lots_due AND from_hold > 0 THEN wallet := settle_due_lots(wallet, wallet.last_entry_at); END IF;
    decision.wallet := wallet;
    IF decision.entry_seq IS NULL THEN
      decision.outcome := 'SHORTFALL';
      decision.details := jsonb_strip_nulls(jsonb_build_object('reservation_id', hold.reservation_id, 'shortfall_id', short_id));
    END IF;
    RETURN decision;
  END $body$;
`;

const RELEASE = String.raw`
  CREATE FUNCTION release_credits(decision credit_decision) RETURNS credit_decision LANGUAGE plpgsql AS $body$
  DECLARE
    wallet wallets := decision.wallet;
    command credit_command := decision.command;
    hold reservations := find_hold(command);
    funding funding_decisions;
    released bigint;
  BEGIN
    IF hold.reservation_id IS NULL AND command.reservation_id IS NULL THEN
      SELECT * INTO funding FROM funding_decisions f
       WHERE f.account_id = command.account_id AND f.ref_type = command.ref_type AND f.ref_id = command.ref_id
         AND (command.acceptance IS NULL OR f.acceptance = command.acceptance)
       ORDER BY f.acceptance DESC LIMIT 1;
    ELSIF hold.status <> 'ACTIVE' AND command.acceptance IS NULL AND command.reservation_id IS NULL THEN
      -- The last answer for the work counts: a later acceptance may have been left to the invoice.
      SELECT * INTO funding FROM funding_decisions f
       WHERE f.account_id = command.account_id AND f.ref_type = command.ref_type AND f.ref_id = command.ref_id
         AND f.acceptance > hold.acceptance
       ORDER BY f.acceptance DESC LIMIT 1;
      IF FOUND THEN hold := NULL; END IF;
    END IF;
    IF hold.reservation_id IS NULL THEN
      command.acceptance := coalesce(command.acceptance, funding.acceptance, 1);
      decision.command := command;
      IF funding.decision = 'IGNORED' OR (funding.decision = 'REFUSED' AND funding.billing_mode = 'POSTPAID') THEN
        decision.outcome := 'IGNORED';
      ELSE
        decision.outcome := 'REJECTED';
        decision.code := 'reservation_not_found';
      END IF;
      RETURN decision;
    END IF;

    IF hold.status = 'ACTIVE' AND hold.expires_at <= wallet.last_entry_at THEN
      wallet := expire_hold(wallet, hold);
      hold.status := 'EXPIRED';
    END IF;
    command.reservation_id := hold.reservation_id;
    command.ref_type := hold.ref_type;
    command.ref_id := hold.ref_id;
    command.acceptance := hold.acceptance;
    decision.command := command;
    decision.wallet := wallet;
    IF hold.status <> 'ACTIVE' THEN
      RETURN refuse_command(decision, 'RESERVATION_ALREADY_' || hold.status,
        jsonb_build_object('reservation_id', hold.reservation_id));
    END IF;
    released := coalesce(command.amount_micro, hold.held_micro);
    IF released > hold.held_micro THEN
      RETURN refuse_command(decision, 'CREDIT_BALANCE_INVARIANT_FAILED', jsonb_build_object(
        'required_micro', released::text, 'available_micro', hold.held_micro::text));
    END IF;
    wallet := post_entry(wallet, command, 0, 'RELEASE', 0, -released);
    decision.entry_seq := wallet.seq;
    UPDATE reservations r
       SET held_micro = r.held_micro - released,
           status = CASE WHEN r.held_micro = released THEN 'RELEASED' ELSE r.status END,
           resolved_at = CASE WHEN r.held_micro = released THEN wallet.last_entry_at END
     WHERE r.account_id = hold.account_id AND r.reservation_id = hold.reservation_id;
    IF wallet.held_lots_due THEN wallet := settle_due_lots(wallet, wallet.last_entry_at); END IF;
    decision.wallet := wallet;
    RETURN decision;
  END $body$;

  -- More time for a hold, counted from now; never less than it has.
  CREATE FUNCTION extend_hold(decision credit_decision) RETURNS credit_decision LANGUAGE plpgsql AS $body$
  DECLARE
    wallet wallets := decision.wallet;
    command credit_command := decision.command;
    hold reservations := find_hold(command);
  BEGIN
    IF hold.reservation_id IS NULL THEN
      decision.outcome := 'REJECTED';
      decision.code := 'reservation_not_found';
      RETURN decision;
    END IF;
    IF hold.status = 'ACTIVE' AND hold.expires_at <= wallet.last_entry_at THEN
      wallet := expire_hold(wallet, hold);
      hold.status := 'EXPIRED';
    END IF;
    command.ref_type := hold.ref_type;
    command.ref_id := hold.ref_id;
    command.acceptance := hold.acceptance;
    decision.command := command;
    decision.wallet := wallet;
    IF hold.status <> 'ACTIVE' THEN
      RETURN refuse_command(decision, 'RESERVATION_ALREADY_' || hold.status,
        jsonb_build_object('reservation_id', hold.reservation_id));
    END IF;
    UPDATE reservations r
       SET expires_at = greatest(r.expires_at, wallet.last_entry_at + make_interval(mins => command.expires_in_minutes))
     WHERE r.account_id = hold.account_id AND r.reservation_id = hold.reservation_id
    RETURNING expires_at INTO hold.expires_at;
    decision.outcome := 'EXTENDED';
    decision.details := jsonb_build_object('reservation_id', hold.reservation_id, 'expires_at', hold.expires_at);
    RETURN decision;
  END $body$;

  -- The sweeper's look at one hold: only a hold that is still ACTIVE and due expires. Nothing is stored about a look.
  CREATE FUNCTION sweep_hold(decision credit_decision) RETURNS credit_decision LANGUAGE plpgsql AS $body$
  DECLARE
    hold reservations := find_hold(decision.command);
  BEGIN
    IF hold.status = 'ACTIVE' AND hold.expires_at <= (decision.wallet).last_entry_at THEN
      decision.wallet := expire_hold(decision.wallet, hold);
    END IF;
    decision.outcome := 'SWEPT';
    RETURN decision;
  END $body$;
`;
