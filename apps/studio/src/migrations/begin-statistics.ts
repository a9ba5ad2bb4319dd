import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = [
  'ledger',
  'lots',
  'clawbacks',
  'lot_balances',
  'lot_holds',
  'lot_allocations',
  'reservations',
  'funding_decisions',
  'unposted_outcomes',
];

/**
 * Statistics before there are rows. The writers keep the plans of their first statements, and on an empty table all
 * indexes that lead with the account are equally good: the one that goes on with the key, and the one that reads the
 * account's whole history. One row that is looked at and taken out again is enough for the planner to know that an account
 * has many (`n_distinct`), until autovacuum has seen the first real ones. Of no other column anything is told: one row
 * would make each of them look unique.
 *
 * For a new database only. Where any of these tables has a row, nothing is done: its statistics are better than these.
 */
export class BeginStatistics1763700000900 implements MigrationInterface {
  readonly name = 'BeginStatistics1763700000900';

  async up(runner: QueryRunner): Promise<void> {
    // Nobody can write until this is committed: what is empty here is still empty when it is emptied.
    await runner.query(`LOCK TABLE ${TABLES.join(', ')} IN ACCESS EXCLUSIVE MODE`);
    const [{ used }] = (await runner.query(
      `SELECT ${TABLES.map((table) => `EXISTS (SELECT FROM ${table})`).join(' OR ')} AS used`,
    )) as [{ used: boolean }];
    if (used) return;
    for (const table of TABLES) await runner.query(`ALTER TABLE ${table} DISABLE TRIGGER USER`);
    await runner.query(ONE_ROW_EACH);
    for (const table of TABLES) await runner.query(`ANALYZE ${table} (account_id)`);
    // Not deleted: a table that had rows and has none is planned as empty, a new one as small.
    await runner.query(`TRUNCATE ${TABLES.join(', ')}`);
    for (const table of TABLES) await runner.query(`ALTER TABLE ${table} ENABLE TRIGGER USER`);
  }

  async down(): Promise<void> {
    // Statistics are renewed by autovacuum; there is nothing to take back.
  }
}

const NIL = `'00000000-0000-0000-0000-000000000000'::uuid`;

const ONE_ROW_EACH = `
  INSERT INTO ledger (account_id, seq, entry_id, kind, balance_delta_micro, reserved_delta_micro, balance_after_micro,
                      reserved_after_micro, client, operation, idempotency_key, request_digest, effective_at, created_at)
  VALUES (${NIL}, 1, ${NIL}, 'GRANT', 1, 0, 1, 0, '', 'grant', '', '', now(), now());
  INSERT INTO lots VALUES (${NIL}, ${NIL}, 1, 'promotional', 100, NULL, 1);
  INSERT INTO clawbacks VALUES (${NIL}, ${NIL}, ${NIL}, 1, 1, now());
  INSERT INTO lot_balances VALUES (${NIL}, ${NIL}, 1, 0);
  INSERT INTO lot_holds VALUES (${NIL}, ${NIL}, 1, 1, ${NIL}, 1);
  INSERT INTO lot_allocations VALUES (${NIL}, 1, ${NIL}, 1);
  INSERT INTO reservations (account_id, reservation_id, amount_micro, held_micro, ref_type, ref_id, acceptance, client,
                            idempotency_key, created_at, expires_at)
  VALUES (${NIL}, ${NIL}, 1, 1, '', '', 1, '', '', now(), now());
  INSERT INTO funding_decisions VALUES (${NIL}, '', '', 1, 'IGNORED', 'POSTPAID', now());
  INSERT INTO unposted_outcomes (account_id, client, operation, idempotency_key, outcome_id, request_digest, outcome,
                                 account_seq, created_at)
  VALUES (${NIL}, '', '', '', ${NIL}, '', 'IGNORED', 0, now());
`;
