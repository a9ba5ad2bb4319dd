import { expect } from '@jest/globals';

/** Anything that runs a query: a pool of ours, or of the driver. */
interface Database {
  query(sql: string): Promise<{ rows: unknown[] }>;
}

/** Each query answers the rows that break a rule of RELIABILITY 3; none may. */
const RULES: Readonly<Record<string, string>> = {
  'L1 both sides of each movement are equal': `
    SELECT account_id, seq FROM ledger_double_entry GROUP BY account_id, seq HAVING sum(amount_micro) <> 0`,
  'L3 the wallet equals the sum of its rows': `
    SELECT w.account_id FROM wallets w LEFT JOIN ledger l USING (account_id)
     GROUP BY w.account_id, w.balance_micro, w.reserved_micro, w.seq
    HAVING w.balance_micro <> coalesce(sum(l.balance_delta_micro), 0)
        OR w.reserved_micro <> coalesce(sum(l.reserved_delta_micro), 0)
        OR w.seq <> count(l.seq)`,
  'L5 what is reserved equals the open holds': `
    SELECT w.account_id FROM wallets w
     WHERE w.reserved_micro <> (SELECT coalesce(sum(amount_micro), 0) FROM reservations r
                                 WHERE r.account_id = w.account_id AND r.status = 'ACTIVE')`,
  'L6 available was never below the limit': `
    SELECT l.account_id, l.seq FROM ledger l JOIN wallets w USING (account_id)
     WHERE l.balance_after_micro - l.reserved_after_micro < -w.overdraft_limit_micro`,
  'L7 what was held was consumed, released or expired, and all of it': `
    SELECT r.account_id, r.reservation_id FROM reservations r JOIN ledger l USING (account_id, reservation_id)
     GROUP BY r.account_id, r.reservation_id, r.status
    HAVING count(*) FILTER (WHERE l.kind = 'RESERVE') <> 1
        OR (r.status <> 'ACTIVE') <> (sum(l.reserved_delta_micro) = 0)`,
  'L7 one settlement per acceptance': `
    SELECT account_id, ref_type, ref_id, acceptance FROM ledger WHERE kind = 'CONSUME'
     GROUP BY account_id, ref_type, ref_id, acceptance HAVING count(DISTINCT idempotency_key) > 1`,
  'L10 no gaps, and each row continues the one before': `
    SELECT account_id, seq FROM (
      SELECT account_id, seq, row_number() OVER w AS expected, balance_after_micro, reserved_after_micro, created_at,
             balance_delta_micro, reserved_delta_micro, lag(created_at) OVER w AS earlier,
             coalesce(lag(balance_after_micro) OVER w, 0) AS balance_before,
             coalesce(lag(reserved_after_micro) OVER w, 0) AS reserved_before
        FROM ledger WINDOW w AS (PARTITION BY account_id ORDER BY seq)) l
     WHERE seq <> expected OR balance_after_micro <> balance_before + balance_delta_micro
        OR reserved_after_micro <> reserved_before + reserved_delta_micro OR created_at < earlier`,
  'L8 a refusal has no ledger row': `
    SELECT u.account_id FROM unposted_outcomes u JOIN ledger l USING (account_id, client, operation, idempotency_key)`,
};

/** Fails with the rule and its offending rows. */
export async function expectSoundLedger(database: Database): Promise<void> {
  for (const [rule, sql] of Object.entries(RULES)) {
    const { rows } = await database.query(sql);
    expect({ rule, offending: rows.slice(0, 5) }).toEqual({ rule, offending: [] });
  }
}
