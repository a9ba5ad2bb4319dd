import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The only writer of the ledger. One call applies a batch of commands for any accounts: all wallets are locked in sorted
 * order, so that any number of replicas may do the same at once; accounts with nothing but new reserves that fit are
 * written set by set; every other account's commands go through the exact fold.
 */
export class CreateApplyCreditBatch1763700000500 implements MigrationInterface {
  readonly name = 'CreateApplyCreditBatch1763700000500';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(String.raw`
      -- Candidates are accounts whose commands are all reserves with different keys and references: the service sends
      -- their totals, and per command its place in its account and the running sum. What only the database knows (mode,
      -- funds, keys and references seen before) decides which of them are written set by set.
      -- Times come back as the stored row has them, so that a first answer and its replay are the same.
      CREATE FUNCTION apply_credit_batch(
        candidate_ids uuid[], candidate_totals bigint[], candidate_counts bigint[],
        accounts integer[], positions integer[], ordinals bigint[], running_sums bigint[],
        clients text[], keys text[], digests text[], amounts bigint[], ref_types text[], ref_ids text[],
        acceptances integer[], minutes integer[], actors text[], reasons text[], entry_ids uuid[], reservation_ids uuid[],
        others jsonb
      ) RETURNS TABLE (outcome_position integer, outcome json, held_seq bigint, held_at timestamptz, balance_after bigint, reserved_after bigint)
      -- A wallet somebody else holds for longer than this fails the batch; the lane then works around it.
      -- Every look-up has an index; plans are kept for the life of a connection, and those made while the tables were
      -- small would go on reading them whole.
      LANGUAGE plpgsql SET lock_timeout = '500ms' SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $body$
      DECLARE
        folded credit_command[] := '{}';
        started timestamptz;
        rows_at tid[];
        seqs bigint[];
        balances bigint[];
        reserved bigint[];
        times timestamptz[];
        fits boolean[];
        seen integer[];
        due uuid[];
        settled boolean := false;
      BEGIN
        IF others IS NOT NULL THEN
          folded := ARRAY(SELECT c FROM jsonb_populate_recordset(NULL::credit_command, others) c);
        END IF;
        -- Sorted, in a statement of its own: two replicas with overlapping accounts then wait, and never deadlock.
        PERFORM FROM wallets w
          WHERE w.account_id = ANY (candidate_ids || ARRAY(SELECT (c).account_id FROM unnest(folded) c)
                                    || ARRAY(SELECT (c).to_account_id FROM unnest(folded) c WHERE (c).operation = 'transfer'))
          ORDER BY w.account_id FOR NO KEY UPDATE;
        started := ledger_clock();
        -- The sweeper asks for many accounts at once, as a rule at a month's end.
        PERFORM settle_due_accounts(swept, started)
          FROM (SELECT array_agg((c).account_id) FROM unnest(folded) c WHERE (c).operation = 'expire_lots') s (swept)
         WHERE swept IS NOT NULL;

        IF cardinality(candidate_ids) > 0 THEN
          LOOP
            SELECT array_agg(w.ctid ORDER BY a.place), array_agg(w.seq ORDER BY a.place),
                   array_agg(w.balance_micro ORDER BY a.place), array_agg(w.reserved_micro ORDER BY a.place),
                   array_agg(greatest(started, w.last_entry_at) ORDER BY a.place),
                   -- Expired holds only understate what is available: an account that does not fit is looked at by the fold.
                   array_agg(coalesce(w.billing_mode = 'CREDIT' AND w.account_status = 'ACTIVE'
                     AND (w.next_lot_expiry_at IS NULL OR w.next_lot_expiry_at > greatest(started, w.last_entry_at))
                     AND w.balance_micro - w.reserved_micro + w.overdraft_limit_micro >= a.total, false) ORDER BY a.place),
                   array_agg(w.account_id) FILTER (WHERE w.next_lot_expiry_at <= greatest(started, w.last_entry_at))
              INTO rows_at, seqs, balances, reserved, times, fits, due
              FROM unnest(candidate_ids, candidate_totals) WITH ORDINALITY a (id, total, place)
              LEFT JOIN wallets w ON w.account_id = a.id;
            -- Lots whose time is over go first; what cannot go together is left to the fold.
            EXIT WHEN due IS NULL OR settled;
            PERFORM settle_due_accounts(due, started);
            settled := true;
          END LOOP;

          -- A key or a reference that was seen before: a replay, or work with a history. The fold knows what to do.
          -- No EXISTS: the planner may answer that by hashing a whole table.
          SELECT array_agg(DISTINCT c.account) INTO seen
            FROM unnest(accounts, clients, keys, ref_types, ref_ids) c (account, client, key, ref_type, ref_id)
           WHERE fits[c.account] AND coalesce(
             (SELECT true FROM ledger l WHERE l.account_id = candidate_ids[c.account] AND l.client = c.client
                 AND l.operation = 'reserve' AND l.idempotency_key = c.key LIMIT 1),
             (SELECT true FROM unposted_outcomes u WHERE u.account_id = candidate_ids[c.account] AND u.client = c.client
                 AND u.operation = 'reserve' AND u.idempotency_key = c.key LIMIT 1),
             (SELECT true FROM reservations r WHERE r.account_id = candidate_ids[c.account]
                 AND r.ref_type = c.ref_type AND r.ref_id = c.ref_id LIMIT 1),
             (SELECT true FROM funding_decisions f WHERE f.account_id = candidate_ids[c.account]
                 AND f.ref_type = c.ref_type AND f.ref_id = c.ref_id LIMIT 1), false);
          IF seen IS NOT NULL THEN
            fits := ARRAY(SELECT f.fit AND f.place <> ALL (seen) FROM unnest(fits) WITH ORDINALITY f (fit, place) ORDER BY f.place);
          END IF;

          UPDATE wallets w SET reserved_micro = w.reserved_micro + a.total, seq = w.seq + a.commands, last_entry_at = a.at
            FROM unnest(rows_at, candidate_totals, candidate_counts, times, fits) a (row_at, total, commands, at, fit)
           WHERE w.ctid = a.row_at AND a.fit;

          INSERT INTO reservations (account_id, reservation_id, amount_micro, held_micro, ref_type, ref_id, acceptance, client,
                                    idempotency_key, created_at, expires_at)
          SELECT candidate_ids[c.account], c.reservation_id, c.amount, c.amount, c.ref_type, c.ref_id, coalesce(c.acceptance, 1),
                 c.client, c.key, times[c.account], times[c.account] + make_interval(mins => c.minutes)
            FROM unnest(accounts, clients, keys, amounts, ref_types, ref_ids, acceptances, minutes, reservation_ids)
              c (account, client, key, amount, ref_type, ref_id, acceptance, minutes, reservation_id)
           WHERE fits[c.account];

          INSERT INTO ledger
          SELECT candidate_ids[c.account], seqs[c.account] + c.ordinal, c.entry_id, 'RESERVE', 0, c.amount,
                 balances[c.account], reserved[c.account] + c.running_sum, c.reservation_id, c.ref_type, c.ref_id,
                 coalesce(c.acceptance, 1), c.client, 'reserve', c.key, 0, decode(c.digest, 'hex'), c.actor, c.reason,
                 times[c.account], times[c.account]
            FROM unnest(accounts, ordinals, running_sums, clients, keys, digests, amounts, ref_types, ref_ids, acceptances,
                        actors, reasons, entry_ids, reservation_ids)
              c (account, ordinal, running_sum, client, key, digest, amount, ref_type, ref_id, acceptance, actor, reason,
                 entry_id, reservation_id)
           WHERE fits[c.account];

          RETURN QUERY
          SELECT c.place, NULL::json, seqs[c.account] + c.ordinal, times[c.account], balances[c.account],
                 reserved[c.account] + c.running_sum
            FROM unnest(accounts, positions, ordinals, running_sums) c (account, place, ordinal, running_sum)
           WHERE fits[c.account];

          IF NOT (true = ALL (fits)) THEN
            folded := folded || ARRAY(
              SELECT ROW(c.place, candidate_ids[c.account], 'reserve', c.client, c.key, c.digest, c.amount, c.ref_type,
                         c.ref_id, c.acceptance, NULL, c.minutes, NULL, NULL, NULL, NULL, NULL, NULL, NULL, c.actor, c.reason,
                         c.entry_id, c.reservation_id)::credit_command
                FROM unnest(accounts, positions, clients, keys, digests, amounts, ref_types, ref_ids, acceptances, minutes,
                            actors, reasons, entry_ids, reservation_ids)
                  c (account, place, client, key, digest, amount, ref_type, ref_id, acceptance, minutes, actor, reason,
                     entry_id, reservation_id)
               WHERE NOT fits[c.account]);
          END IF;
        END IF;

        IF cardinality(folded) > 0 THEN
          RETURN QUERY SELECT f.outcome_position, f.outcome, NULL::bigint, NULL::timestamptz, NULL::bigint, NULL::bigint
            FROM fold_credit_commands(folded, started) f;
        END IF;
      END $body$;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION apply_credit_batch');
  }
}
