/** A rule the books must keep at every moment, as a query for the rows that break it. */
export interface LedgerInvariant {
  /** Name in RELIABILITY 3, used in metrics, answers and tests. */
  readonly name: string;
  /** The rule in words, for a person who sees it broken. */
  readonly says: string;
  /** Answers the offending rows; none when the rule holds. */
  readonly sql: string;
}

/** The one rule that has a longer form: a large ledger is verified whole only when somebody asks for it. */
export const DIGEST_CHAIN = 'digest-chain';

/** Every rule of the ledger, once: for the endpoint, the job, the metric and the property tests. */
export const LEDGER_INVARIANTS: readonly LedgerInvariant[] = [
  {
    name: 'L1',
    says: 'both sides of each movement are equal',
    sql: `SELECT account_id, seq FROM ledger_double_entry GROUP BY account_id, seq HAVING sum(amount_micro) <> 0`,
  },
  {
    name: 'L3',
    says: 'each wallet equals the sum of its rows',
    sql: `SELECT w.account_id FROM wallets w LEFT JOIN ledger l USING (account_id)
           GROUP BY w.account_id, w.balance_micro, w.reserved_micro, w.seq
          HAVING w.balance_micro <> coalesce(sum(l.balance_delta_micro), 0)
              OR w.reserved_micro <> coalesce(sum(l.reserved_delta_micro), 0)
              OR w.seq <> count(l.seq)`,
  },
  {
    name: 'L5',
    says: 'what is reserved equals the open holds',
    sql: `SELECT w.account_id FROM wallets w
           WHERE w.reserved_micro <> (SELECT coalesce(sum(amount_micro), 0) FROM reservations r
                                       WHERE r.account_id = w.account_id AND r.status = 'ACTIVE')`,
  },
  {
    name: 'L6',
    says: 'available was never below the limit, at any point of the history',
    sql: `SELECT l.account_id, l.seq FROM ledger l JOIN wallets w USING (account_id)
           WHERE l.balance_after_micro - l.reserved_after_micro < -w.overdraft_limit_micro`,
  },
  {
    name: 'L7-holds',
    says: 'each hold was opened once, and a closed one has given back or used up all it held',
    sql: `SELECT r.account_id, r.reservation_id FROM reservations r JOIN ledger l USING (account_id, reservation_id)
           GROUP BY r.account_id, r.reservation_id, r.status
          HAVING count(*) FILTER (WHERE l.kind = 'RESERVE') <> 1
              OR (r.status <> 'ACTIVE') <> (sum(l.reserved_delta_micro) = 0)`,
  },
  {
    name: 'L7-settlements',
    says: 'work is charged once per acceptance',
    sql: `SELECT account_id, ref_type, ref_id, acceptance FROM ledger WHERE kind = 'CONSUME'
           GROUP BY account_id, ref_type, ref_id, acceptance HAVING count(DISTINCT idempotency_key) > 1`,
  },
  {
    name: 'L8',
    says: 'a refusal moved nothing: no key has both an outcome without a row and a row',
    sql: `SELECT u.account_id, u.operation, u.idempotency_key
            FROM unposted_outcomes u JOIN ledger l USING (account_id, client, operation, idempotency_key)`,
  },
  {
    name: 'L10',
    says: 'no gaps in an account, each row continues the one before, and time does not run backwards',
    sql: `SELECT account_id, seq FROM (
            SELECT account_id, seq, row_number() OVER w AS expected, balance_after_micro, reserved_after_micro, created_at,
                   balance_delta_micro, reserved_delta_micro, lag(created_at) OVER w AS earlier,
                   coalesce(lag(balance_after_micro) OVER w, 0) AS balance_before,
                   coalesce(lag(reserved_after_micro) OVER w, 0) AS reserved_before
              FROM ledger WINDOW w AS (PARTITION BY account_id ORDER BY seq)) l
           WHERE seq <> expected OR balance_after_micro <> balance_before + balance_delta_micro
              OR reserved_after_micro <> reserved_before + reserved_delta_micro OR created_at < earlier`,
  },
  {
    name: 'L12',
    says: 'nothing was consumed from a hold after its end',
    sql: `SELECT l.account_id, l.seq FROM ledger l JOIN reservations r USING (account_id, reservation_id)
           WHERE l.kind = 'CONSUME' AND l.reserved_delta_micro < 0 AND l.created_at >= r.expires_at`,
  },
  {
    name: DIGEST_CHAIN,
    says: 'every sealed row is as it was sealed, and no seal is missing (a large ledger: the part whose turn it is)',
    sql: `SELECT * FROM broken_seals_of_the_turn()`,
  },
];
