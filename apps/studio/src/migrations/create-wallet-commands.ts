import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Commands about the wallet itself: how each is decided. One function per command, as for holds. */
export class CreateWalletCommands1763700000440 implements MigrationInterface {
  readonly name = 'CreateWalletCommands1763700000440';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(CREDITS);
    await runner.query(DEBITS);
    await runner.query(REVERSE);
    await runner.query(TRANSFER);
    await runner.query(CLAW_BACK);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP FUNCTION claw_back_purchase(credit_decision), give_up_clawback(ledger, timestamptz),
        claimable_of(lots), transfer_credits(credit_decision),
        reverse_entry(credit_decision), recover_shortfall(credit_decision), charge_credits(credit_decision),
        take_credits(credit_decision, text, text), adjust_credits(credit_decision), add_credits(credit_decision);
    `);
  }
}

const CREDITS = String.raw`
  -- Grant, purchase and an adjustment upwards: each brings a lot.
  CREATE FUNCTION add_credits(decision credit_decision) RETURNS credit_decision LANGUAGE plpgsql AS $body$
  DECLARE
    wallet wallets := decision.wallet;
    command credit_command := decision.command;
  BEGIN
    IF wallet.balance_micro + wallet.overdraft_limit_micro + command.amount_micro > 9000000000000000 THEN
      RETURN refuse_command(decision, 'CREDIT_BALANCE_INVARIANT_FAILED');
    END IF;
    IF command.operation = 'purchase' AND EXISTS (
      SELECT FROM ledger l WHERE l.account_id = command.account_id AND l.kind = 'TOPUP'
         AND l.ref_type = command.ref_type AND l.ref_id = command.ref_id)
    THEN
      -- What was bought is credited once, whatever key the second report of it carries.
      RETURN refuse_command(decision, 'PURCHASE_ALREADY_CREDITED');
    END IF;
    IF command.lot_expires_at <= wallet.last_entry_at THEN
      -- They would have ended before they came: a balance of the past would change.
      RETURN refuse_command(decision, 'LOT_ALREADY_ENDED');
    END IF;
    wallet := post_entry(wallet, command, 0,
      CASE command.operation WHEN 'grant' THEN 'GRANT' WHEN 'purchase' THEN 'TOPUP' ELSE 'ADJUSTMENT' END,
      command.amount_micro, 0);
    INSERT INTO lots VALUES (
      command.account_id, command.new_id, wallet.seq,
      CASE command.operation WHEN 'grant' THEN coalesce(command.lot_kind, 'promotional')
                             WHEN 'purchase' THEN 'purchased' ELSE 'adjustment' END,
      coalesce(command.lot_priority, 100), command.lot_expires_at, command.amount_micro);
    wallet.next_lot_expiry_at := least(wallet.next_lot_expiry_at, command.lot_expires_at);
    decision.wallet := wallet;
    decision.entry_seq := wallet.seq;
    RETURN decision;
  END $body$;

  CREATE FUNCTION adjust_credits(decision credit_decision) RETURNS credit_decision LANGUAGE plpgsql AS $body$
  BEGIN
    IF (decision.command).amount_micro > 0 THEN RETURN add_credits(decision); END IF;
    RETURN take_credits(decision, 'ADJUSTMENT', 'INSUFFICIENT_CREDITS');
  END $body$;
`;

const DEBITS = String.raw`
  -- Takes the whole amount from what is available, or nothing.
  CREATE FUNCTION take_credits(decision credit_decision, kind text, refusal text) RETURNS credit_decision
  LANGUAGE plpgsql AS $body$
  DECLARE
    wallet wallets := decision.wallet;
    wanted bigint := abs((decision.command).amount_micro);
    available bigint := wallet.balance_micro - wallet.reserved_micro + wallet.overdraft_limit_micro;
  BEGIN
    IF available < wanted THEN
      wallet := expire_due_holds(wallet);
      available := wallet.balance_micro - wallet.reserved_micro + wallet.overdraft_limit_micro;
    END IF;
    decision.wallet := wallet;
    IF available < wanted THEN
      RETURN refuse_command(decision, refusal,
        jsonb_build_object('required_micro', wanted::text, 'available_micro', available::text));
    END IF;
    decision.wallet := post_entry(wallet, decision.command, 0, kind, -wanted, 0);
    decision.entry_seq := (decision.wallet).seq;
    RETURN decision;
  END $body$;

  CREATE FUNCTION charge_credits(decision credit_decision) RETURNS credit_decision LANGUAGE plpgsql AS $body$
  BEGIN
    IF (decision.wallet).account_status <> 'ACTIVE' THEN
      RETURN refuse_command(decision, 'ACCOUNT_NOT_ACTIVE');
    ELSIF (decision.wallet).billing_mode <> 'CREDIT' THEN
      decision.outcome := 'IGNORED';
      RETURN decision;
    END IF;
    RETURN take_credits(decision, 'CHARGE', 'insufficient_credits');
  END $body$;

  -- Pays a shortfall from the wallet, once, if nobody else has dealt with it.
  CREATE FUNCTION recover_shortfall(decision credit_decision) RETURNS credit_decision LANGUAGE plpgsql AS $body$
  DECLARE
    command credit_command := decision.command;
    short shortfalls;
  BEGIN
    SELECT * INTO short FROM shortfalls s
     WHERE s.account_id = command.account_id AND s.shortfall_id = command.shortfall_id FOR UPDATE;
    IF NOT FOUND THEN
      decision.outcome := 'REJECTED';
      decision.code := 'shortfall_not_found';
      RETURN decision;
    END IF;
    command.ref_type := short.ref_type;
    command.ref_id := short.ref_id;
    command.acceptance := short.acceptance;
    command.amount_micro := short.amount_micro;
    decision.command := command;
    IF short.status <> 'OPEN' THEN RETURN refuse_command(decision, 'shortfall_not_open'); END IF;
    decision := take_credits(decision, 'RECOVERY', 'INSUFFICIENT_CREDITS');
    IF decision.entry_seq IS NOT NULL THEN
      UPDATE shortfalls s SET status = 'RECOVERED', updated_at = (decision.wallet).last_entry_at
       WHERE s.account_id = command.account_id AND s.shortfall_id = command.shortfall_id;
    END IF;
    RETURN decision;
  END $body$;
`;

const REVERSE = String.raw`
  -- Undoes one row, in whole or in part, never more than it moved, and never a reversal. A credit is taken from its own
  -- lots, as far as they are free; a debit goes back to the lots it was taken from.
  CREATE FUNCTION reverse_entry(decision credit_decision) RETURNS credit_decision LANGUAGE plpgsql AS $body$
  DECLARE
    wallet wallets := decision.wallet;
    command credit_command := decision.command;
    undone ledger;
    fold lot_fold;
    remaining bigint;
    wanted bigint;
    total bigint;
    lot record;
    part bigint;
    lots uuid[] := '{}';
    amounts bigint[] := '{}';
    nil CONSTANT uuid := '00000000-0000-0000-0000-000000000000';
  BEGIN
    SELECT * INTO undone FROM ledger l WHERE l.account_id = command.account_id AND l.seq = command.reverses_seq;
    IF NOT FOUND THEN
      decision.outcome := 'REJECTED';
      decision.code := 'ledger_entry_not_found';
      RETURN decision;
    END IF;
    command.ref_type := undone.ref_type;
    command.ref_id := undone.ref_id;
    command.acceptance := undone.acceptance;
    decision.command := command;
    -- A recovery paid a debt, which would have to be asked for again: an adjustment says that better.
    IF undone.kind NOT IN ('GRANT', 'TOPUP', 'ADJUSTMENT', 'CONSUME', 'CHARGE', 'CLAWBACK') THEN
      RETURN refuse_command(decision, 'ENTRY_NOT_REVERSIBLE');
    END IF;
    SELECT abs(undone.balance_delta_micro) - coalesce(sum(abs(l.balance_delta_micro)), 0) INTO remaining
      FROM ledger l WHERE l.account_id = command.account_id AND l.reverses_seq = undone.seq;
    IF undone.kind = 'TOPUP' THEN
      -- What a clawback has taken, waits for or asks for is not there to be undone as well.
      SELECT least(remaining, claimable_of(l)) INTO remaining FROM lots l
       WHERE l.account_id = command.account_id AND l.seq = undone.seq;
    END IF;
    wanted := coalesce(command.amount_micro, remaining);
    IF wanted > remaining OR remaining <= 0 THEN
      RETURN refuse_command(decision, 'REVERSAL_EXCEEDS_ENTRY', jsonb_build_object(
        'required_micro', wanted::text, 'available_micro', remaining::text));
    ELSIF undone.balance_delta_micro < 0 AND wallet.balance_micro + wallet.overdraft_limit_micro + wanted > 9000000000000000 THEN
      RETURN refuse_command(decision, 'CREDIT_BALANCE_INVARIANT_FAILED');
    END IF;

    fold := lots_at_head(wallet.account_id);
    total := remaining;
    remaining := wanted;
    FOR lot IN
      -- Credits: what is free of the lots the row brought. Debits: what its lots gave and have not got back.
      SELECT l.lot_id, l.seq, coalesce(fold.free[array_position(fold.lot_ids, l.lot_id)], 0) AS amount
        FROM lots l WHERE l.account_id = command.account_id AND l.seq = undone.seq AND undone.balance_delta_micro > 0
      UNION ALL
      SELECT a.lot_id, l.seq, -sum(a.amount_micro)
        FROM lot_allocations a LEFT JOIN lots l ON l.account_id = a.account_id AND l.lot_id = a.lot_id
       WHERE undone.balance_delta_micro < 0 AND a.account_id = command.account_id
         AND (a.seq = undone.seq OR a.seq IN (
               SELECT r.seq FROM ledger r WHERE r.account_id = command.account_id AND r.reverses_seq = undone.seq))
       GROUP BY a.lot_id, l.seq HAVING sum(a.amount_micro) < 0
       ORDER BY seq NULLS FIRST, lot_id
    LOOP
      part := least(lot.amount, remaining);
      CONTINUE WHEN part = 0;
      -- An overdraft that was paid meanwhile has nothing to give back to: the credits come as a lot of their own.
      IF lot.lot_id = nil THEN part := least(part, fold.overdraft); END IF;
      CONTINUE WHEN part = 0;
      lots := lots || lot.lot_id;
      amounts := amounts || CASE WHEN undone.balance_delta_micro > 0 THEN -part ELSE part END;
      remaining := remaining - part;
    END LOOP;
    IF undone.balance_delta_micro > 0 THEN
      IF remaining > 0 THEN
        RETURN refuse_command(decision, 'INSUFFICIENT_CREDITS', jsonb_build_object(
          'required_micro', wanted::text, 'available_micro', (wanted - remaining)::text));
      END IF;
      wallet := post_entry(wallet, command, 0, 'REVERSAL', -wanted, 0, reverses => undone.seq, lots => lots,
        lot_amounts => amounts);
    ELSE
      IF remaining > 0 THEN
        lots := lots || command.new_id;
        amounts := amounts || remaining;
      END IF;
      wallet := post_entry(wallet, command, 0, 'REVERSAL', wanted, 0, reverses => undone.seq, lots => lots,
        lot_amounts => amounts);
      IF remaining > 0 THEN
        INSERT INTO lots VALUES (command.account_id, command.new_id, wallet.seq, 'adjustment', 100, NULL, remaining);
      END IF;
      IF undone.kind = 'CLAWBACK' AND wanted = total THEN PERFORM give_up_clawback(undone, wallet.last_entry_at); END IF;
      -- Credits that went back to a lot whose time is over end with it.
      decision.entry_seq := wallet.seq;
      wallet := settle_due_lots(wallet, wallet.last_entry_at);
    END IF;
    decision.entry_seq := coalesce(decision.entry_seq, wallet.seq);
    decision.wallet := wallet;
    RETURN decision;
  END $body$;
`;

const TRANSFER = String.raw`
  -- Moves free credits to another account. They keep their kind, place and end: each lot goes on as a lot over there.
  CREATE FUNCTION transfer_credits(decision credit_decision) RETURNS credit_decision LANGUAGE plpgsql AS $body$
  DECLARE
    wallet wallets := decision.wallet;
    command credit_command := decision.command;
    other wallets;
    incoming credit_command;
    fold lot_fold;
    remaining bigint := command.amount_micro;
    part bigint;
    lots uuid[] := '{}';
    amounts bigint[] := '{}';
  BEGIN
    SELECT * INTO other FROM wallets w WHERE w.account_id = command.to_account_id;
    IF NOT FOUND THEN
      decision.outcome := 'REJECTED';
      decision.code := 'account_not_enrolled';
      RETURN decision;
    ELSIF other.balance_micro + other.overdraft_limit_micro + command.amount_micro > 9000000000000000 THEN
      RETURN refuse_command(decision, 'CREDIT_BALANCE_INVARIANT_FAILED');
    END IF;
    wallet := expire_due_holds(wallet);
    fold := lots_at_head(wallet.account_id);
    FOR i IN 1 .. cardinality(fold.lot_ids) LOOP
      part := least(remaining, fold.free[i]);
      CONTINUE WHEN part = 0;
      lots := lots || fold.lot_ids[i];
      amounts := amounts || -part;
      remaining := remaining - part;
    END LOOP;
    decision.wallet := wallet;
    IF remaining > 0 THEN
      RETURN refuse_command(decision, 'INSUFFICIENT_CREDITS', jsonb_build_object(
        'required_micro', command.amount_micro::text, 'available_micro', (command.amount_micro - remaining)::text));
    END IF;
    decision.wallet := post_entry(wallet, command, 0, 'TRANSFER_OUT', -command.amount_micro, 0, lots => lots,
      lot_amounts => amounts, counterparty => command.to_account_id);
    decision.entry_seq := (decision.wallet).seq;

    -- The caller has locked both wallets. The other side's scope of keys is its own.
    incoming := command;
    incoming.operation := 'transfer_in';
    incoming.idempotency_key := command.account_id || ':' || command.client || ':' || command.idempotency_key;
    incoming.client := 'studio';
    incoming.new_id := command.new_reservation_id;
    other.last_entry_at := greatest(wallet.last_entry_at, other.last_entry_at);
    other := post_entry(other, incoming, 0, 'TRANSFER_IN', command.amount_micro, 0, counterparty => command.account_id);
    INSERT INTO lots
    SELECT command.to_account_id, gen_random_uuid(), other.seq, l.kind, l.priority, l.expires_at, -moved.amount
      FROM unnest(lots, amounts) moved (lot_id, amount)
      JOIN lots l ON l.account_id = command.account_id AND l.lot_id = moved.lot_id;
    other.next_lot_expiry_at := least(other.next_lot_expiry_at, (
      SELECT min(l.expires_at) FROM lots l WHERE l.account_id = command.to_account_id AND l.seq = other.seq));
    PERFORM store_wallet(other);
    RETURN decision;
  END $body$;
`;

const CLAW_BACK = String.raw`
  -- What of a purchase may still be taken back: all it brought, less what ended, was taken back or was undone, what is
  -- waited for, and what was spent and is asked for already.
  CREATE FUNCTION claimable_of(bought lots) RETURNS bigint LANGUAGE sql STABLE AS $body$
    SELECT bought.amount_micro
           + (SELECT coalesce(sum(moved.amount), 0)
                FROM ledger l CROSS JOIN unnest(l.lot_ids, l.lot_micro) moved (lot_id, amount)
                LEFT JOIN ledger undone ON undone.account_id = l.account_id AND undone.seq = l.reverses_seq
               WHERE l.account_id = bought.account_id AND l.lot_ids @> ARRAY[bought.lot_id] AND moved.lot_id = bought.lot_id
                 AND (l.kind IN ('LOT_EXPIRY', 'CLAWBACK') OR undone.kind IN ('TOPUP', 'CLAWBACK')))
           - (SELECT coalesce(sum(c.pending_micro), 0) FROM clawbacks c
               WHERE c.account_id = bought.account_id AND c.lot_id = bought.lot_id)
           - (SELECT coalesce(sum(s.amount_micro), 0) FROM shortfalls s JOIN clawbacks c USING (account_id, clawback_id)
               WHERE s.account_id = bought.account_id AND c.lot_id = bought.lot_id AND s.status <> 'WAIVED')
  $body$;

  -- A dispute that was won: the claim waits for nothing more, and what it asked for and nobody dealt with is let go.
  CREATE FUNCTION give_up_clawback(taken ledger, at timestamptz) RETURNS void LANGUAGE plpgsql AS $body$
  DECLARE
    -- The first row of a clawback carries its id; those a hold's end brought name it in their key.
    given_up uuid := CASE taken.client WHEN 'studio' THEN split_part(taken.idempotency_key, ':', 2)::uuid ELSE taken.entry_id END;
  BEGIN
    UPDATE clawbacks c SET pending_micro = 0 WHERE c.account_id = taken.account_id AND c.clawback_id = given_up;
    UPDATE shortfalls s SET status = 'WAIVED', closed_by = 'studio', closed_reason = 'the clawback was reversed', updated_at = at
     WHERE s.account_id = taken.account_id AND s.clawback_id = given_up AND s.status = 'OPEN';
  END $body$;

  -- Takes back what a purchase brought: what is free of it now, what is held when the hold ends; what was spent can only
  -- be asked for, as a shortfall.
  CREATE FUNCTION claw_back_purchase(decision credit_decision) RETURNS credit_decision LANGUAGE plpgsql AS $body$
  DECLARE
    wallet wallets := decision.wallet;
    command credit_command := decision.command;
    bought lots;
    fold lot_fold;
    place integer;
    claimable bigint;
    wanted bigint;
    free bigint;
    held bigint;
  BEGIN
    SELECT l.* INTO bought FROM ledger e JOIN lots l USING (account_id, seq)
     WHERE e.account_id = command.account_id AND e.kind = 'TOPUP' AND e.ref_type = command.ref_type AND e.ref_id = command.ref_id;
    IF NOT FOUND THEN
      decision.outcome := 'REJECTED';
      decision.code := 'purchase_not_found';
      RETURN decision;
    END IF;
    -- Holds that are over end first: what they give back was free before it was wanted back.
    wallet := expire_due_holds(wallet);
    decision.wallet := wallet;
    claimable := claimable_of(bought);
    wanted := coalesce(command.amount_micro, claimable);
    IF wanted > claimable OR claimable <= 0 THEN
      RETURN refuse_command(decision, 'REVERSAL_EXCEEDS_ENTRY', jsonb_build_object(
        'required_micro', greatest(wanted, 0)::text, 'available_micro', greatest(claimable, 0)::text));
    END IF;
    fold := lots_at_head(wallet.account_id);
    place := array_position(fold.lot_ids, bought.lot_id);
    free := least(wanted, coalesce(fold.free[place], 0));
    -- Held credits that an earlier clawback waits for are spoken for.
    held := greatest(0, least(wanted - free, coalesce(fold.held[place], 0) - (
      SELECT coalesce(sum(c.pending_micro), 0) FROM clawbacks c
       WHERE c.account_id = command.account_id AND c.lot_id = bought.lot_id)));
    INSERT INTO clawbacks VALUES (command.account_id, command.new_id, bought.lot_id, wanted, held, wallet.last_entry_at);
    IF free > 0 THEN
      wallet := post_entry(wallet, command, 0, 'CLAWBACK', -free, 0, lots => ARRAY[bought.lot_id], lot_amounts => ARRAY[-free]);
      decision.entry_seq := wallet.seq;
    END IF;
    PERFORM add_clawback_shortfall(wallet, command.new_id, command.ref_type, command.ref_id, wanted - free - held);
    wallet.held_lots_due := wallet.held_lots_due OR held > 0;
    decision.wallet := wallet;
    IF decision.entry_seq IS NULL THEN
      decision.outcome := CASE held WHEN 0 THEN 'SHORTFALL' ELSE 'PENDING' END;
      decision.details := jsonb_strip_nulls(jsonb_build_object('pending_micro', nullif(held, 0)::text));
    END IF;
    RETURN decision;
  END $body$;
`;
