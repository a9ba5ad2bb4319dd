/** A rule the books must keep at every moment, as a query for the rows that break it. */
export interface LedgerInvariant {
  /** Name in RELIABILITY 3, used in metrics, answers and tests. */
  readonly name: string;
  /** The rule in words, for a person who sees it broken. */
  readonly says: string;
  /**
   * Answers the offending rows of the accounts between $1 and $2, both included; none when the rule holds. Every table is
   * asked for that range, also one that is joined by account: else the plan may read it whole for each range.
   */
  readonly sql: string;
}

const IN_RANGE = 'account_id BETWEEN $1 AND $2';

/** The sweeper comes each minute; a backlog, such as the end of a month, may take it some more. */
const SWEPT_WITHIN_MINUTES = 15;
/** Micro-credits a JSON number in credits carries exactly: nine billion credits. */
const EXACT_MAX = '9000000000000000';

/** Every rule of the ledger, once: for the endpoint, the job, the metric and the property tests. */
export const LEDGER_INVARIANTS: readonly LedgerInvariant[] = [
  {
    name: 'L1',
    says: 'both sides of each movement are equal',
    sql: `SELECT account_id, seq FROM ledger_double_entry WHERE ${IN_RANGE}
           GROUP BY account_id, seq HAVING sum(amount_micro) <> 0`,
  },
  {
    name: 'L2',
    says: 'what leaves one account by a transfer arrives in the other, and nothing else does',
    sql: `SELECT o.account_id, o.seq FROM ledger o WHERE o.${IN_RANGE} AND o.kind = 'TRANSFER_OUT' AND (
            SELECT true FROM ledger i
             WHERE i.account_id = o.counterparty_id AND i.client = 'studio' AND i.operation = 'transfer_in'
               AND i.idempotency_key = o.account_id || ':' || o.client || ':' || o.idempotency_key AND i.kind = 'TRANSFER_IN'
               AND i.counterparty_id = o.account_id AND i.balance_delta_micro = -o.balance_delta_micro LIMIT 1) IS NULL
           UNION ALL
          SELECT i.account_id, i.seq FROM ledger i WHERE i.${IN_RANGE} AND i.kind = 'TRANSFER_IN' AND (
            SELECT true FROM ledger o
             WHERE o.account_id = i.counterparty_id AND o.client = split_part(i.idempotency_key, ':', 2)
               AND o.operation = 'transfer' AND o.kind = 'TRANSFER_OUT'
               AND i.idempotency_key = o.account_id || ':' || o.client || ':' || o.idempotency_key
               AND o.counterparty_id = i.account_id AND o.balance_delta_micro = -i.balance_delta_micro LIMIT 1) IS NULL`,
  },
  {
    name: 'L3',
    says: 'each wallet equals the sum of its rows',
    sql: `SELECT w.account_id FROM wallets w
            LEFT JOIN (SELECT account_id, sum(balance_delta_micro) AS balance, sum(reserved_delta_micro) AS reserved, count(*) AS entries
                         FROM ledger WHERE ${IN_RANGE} GROUP BY account_id) l USING (account_id)
           WHERE w.${IN_RANGE} AND (w.balance_micro <> coalesce(l.balance, 0) OR w.reserved_micro <> coalesce(l.reserved, 0)
              OR w.seq <> coalesce(l.entries, 0))`,
  },
  {
    name: 'L4',
    says: 'what came in equals what is left and what went, by kind: no movement of a kind nobody counts',
    sql: `SELECT w.account_id FROM wallets w
            JOIN (SELECT account_id,
                         coalesce(sum(balance_delta_micro) FILTER (WHERE kind IN ('GRANT', 'TOPUP', 'TRANSFER_IN')), 0)
                         + coalesce(sum(balance_delta_micro) FILTER (WHERE kind IN ('ADJUSTMENT', 'REVERSAL')), 0)
                         + coalesce(sum(balance_delta_micro) FILTER (WHERE kind IN (
                             'CONSUME', 'CHARGE', 'RECOVERY', 'CLAWBACK', 'LOT_EXPIRY', 'TRANSFER_OUT')), 0) AS balance
                    FROM ledger WHERE ${IN_RANGE} GROUP BY account_id) l USING (account_id)
           WHERE w.${IN_RANGE} AND w.balance_micro <> l.balance`,
  },
  {
    name: 'L4-lots',
    says: 'each credit brought its lots, and each lot is what it was less what it gave',
    sql: `SELECT l.account_id, l.seq FROM ledger l
           WHERE l.${IN_RANGE} AND l.balance_delta_micro > 0 AND l.kind <> 'REVERSAL' AND l.balance_delta_micro <> (
             SELECT coalesce(sum(t.amount_micro), 0) FROM lots t WHERE t.account_id = l.account_id AND t.seq = l.seq)
           UNION ALL
          SELECT t.account_id, t.seq FROM lots t
            JOIN lot_balances b ON b.account_id = t.account_id AND b.lot_id = t.lot_id AND b.${IN_RANGE}
            JOIN lot_progress p ON p.account_id = t.account_id AND p.${IN_RANGE}
            JOIN ledger e ON e.account_id = t.account_id AND e.seq = t.seq AND e.${IN_RANGE}
           WHERE t.${IN_RANGE} AND t.seq <= p.folded_seq AND b.free_micro + b.held_micro <>
                 CASE e.kind WHEN 'REVERSAL' THEN 0 ELSE t.amount_micro END + (
                   SELECT coalesce(sum(a.amount_micro), 0) FROM lot_allocations a
                    WHERE a.account_id = t.account_id AND a.lot_id = t.lot_id)`,
  },
  {
    name: 'L4-fold',
    says: 'the lots of an account add up to its balance and its holds, at the row they were folded to',
    sql: `SELECT p.account_id, p.folded_seq FROM lot_progress p
            JOIN ledger l ON l.account_id = p.account_id AND l.seq = p.folded_seq AND l.${IN_RANGE}
           WHERE p.${IN_RANGE} AND (l.balance_after_micro <> (
                   SELECT coalesce(sum(b.free_micro + b.held_micro), 0) - p.overdraft_micro FROM lot_balances b
                    WHERE b.account_id = p.account_id)
              OR l.reserved_after_micro <> (
                   SELECT coalesce(sum(h.amount_micro), 0) FROM lot_holds h WHERE h.account_id = p.account_id))`,
  },
  {
    name: 'L5',
    says: 'what is reserved equals the open holds',
    sql: `SELECT w.account_id FROM wallets w
            LEFT JOIN (SELECT account_id, sum(held_micro) AS held FROM reservations
                        WHERE ${IN_RANGE} AND status = 'ACTIVE' GROUP BY account_id) r USING (account_id)
           WHERE w.${IN_RANGE} AND w.reserved_micro <> coalesce(r.held, 0)`,
  },
  {
    name: 'L6',
    says: 'available was never below the limit, at any point of the history',
    sql: `SELECT l.account_id, l.seq FROM ledger l JOIN wallets w ON w.account_id = l.account_id AND w.${IN_RANGE}
           WHERE l.${IN_RANGE} AND l.balance_after_micro < l.reserved_after_micro
             AND l.balance_after_micro - l.reserved_after_micro < -coalesce(
                   (SELECT o.limit_micro FROM overdraft_limits o
                     WHERE o.account_id = l.account_id AND o.from_seq <= l.seq ORDER BY o.version DESC LIMIT 1),
                   CASE WHEN EXISTS (SELECT FROM overdraft_limits o WHERE o.account_id = l.account_id) THEN 0
                        ELSE w.overdraft_limit_micro END)`,
  },
  {
    name: 'L7-holds',
    says: 'each hold was opened once, and what it holds is what its rows left; a closed one holds nothing',
    sql: `SELECT r.account_id, r.reservation_id FROM reservations r
            JOIN ledger l ON l.account_id = r.account_id AND l.reservation_id = r.reservation_id AND l.${IN_RANGE}
           WHERE r.${IN_RANGE}
           GROUP BY r.account_id, r.reservation_id, r.held_micro
          HAVING count(*) FILTER (WHERE l.kind = 'RESERVE') <> 1 OR r.held_micro <> sum(l.reserved_delta_micro)`,
  },
  {
    name: 'L7-settlements',
    says: 'work is charged once per acceptance',
    sql: `SELECT account_id, ref_type, ref_id, acceptance FROM ledger WHERE ${IN_RANGE} AND kind = 'CONSUME'
           GROUP BY account_id, ref_type, ref_id, acceptance HAVING min(idempotency_key) <> max(idempotency_key)`,
  },
  {
    name: 'L8',
    says: 'a refusal moved nothing: no key has both an outcome without a row and a row',
    sql: `SELECT u.account_id, u.operation, u.idempotency_key
            FROM unposted_outcomes u
            JOIN ledger l ON l.account_id = u.account_id AND l.client = u.client AND l.operation = u.operation
                         AND l.idempotency_key = u.idempotency_key AND l.${IN_RANGE}
           WHERE u.${IN_RANGE}`,
  },
  {
    name: 'L9',
    says: 'every row belongs to an enrolled account',
    sql: `SELECT r.account_id FROM (
            SELECT account_id FROM ledger WHERE ${IN_RANGE} GROUP BY account_id
             UNION SELECT account_id FROM reservations WHERE ${IN_RANGE} GROUP BY account_id) r
           WHERE (SELECT true FROM wallets w WHERE w.account_id = r.account_id) IS NULL`,
  },
  {
    name: 'L10',
    says: 'no gaps in an account, each row continues the one before, and time does not run backwards',
    sql: `SELECT account_id, seq FROM (
            SELECT account_id, seq, row_number() OVER w AS expected, balance_after_micro, reserved_after_micro, created_at,
                   balance_delta_micro, reserved_delta_micro, lag(created_at) OVER w AS earlier,
                   coalesce(lag(balance_after_micro) OVER w, 0) AS balance_before,
                   coalesce(lag(reserved_after_micro) OVER w, 0) AS reserved_before
              FROM ledger WHERE ${IN_RANGE} WINDOW w AS (PARTITION BY account_id ORDER BY seq)) l
           WHERE seq <> expected OR balance_after_micro <> balance_before + balance_delta_micro
              OR reserved_after_micro <> reserved_before + reserved_delta_micro OR created_at < earlier`,
  },
  {
    name: 'L11',
    says: 'a reversal points to one earlier row, never to a reversal, and all of a row’s never exceed it',
    sql: `SELECT r.account_id, r.reverses_seq FROM ledger r
            LEFT JOIN ledger e ON e.account_id = r.account_id AND e.seq = r.reverses_seq AND e.${IN_RANGE}
           WHERE r.${IN_RANGE} AND (r.kind = 'REVERSAL' OR r.reverses_seq IS NOT NULL)
           GROUP BY r.account_id, r.reverses_seq, e.kind, e.balance_delta_micro
          HAVING e.kind IS NULL OR e.kind = 'REVERSAL' OR bool_or(r.kind <> 'REVERSAL')
              OR bool_or(sign(r.balance_delta_micro) = sign(e.balance_delta_micro))
              OR abs(sum(r.balance_delta_micro)) > abs(e.balance_delta_micro)`,
  },
  {
    name: 'L11-purchases',
    says: 'of a purchase no more is undone, taken back, waited for and asked for than it brought',
    sql: `SELECT l.account_id, l.seq FROM ledger e JOIN lots l ON l.account_id = e.account_id AND l.seq = e.seq AND l.${IN_RANGE}
           WHERE e.${IN_RANGE} AND e.kind = 'TOPUP' AND claimable_of(l) < 0`,
  },
  {
    name: 'L11-shortfalls',
    says: 'a shortfall that was recovered was paid by one row of its amount, and no other was',
    sql: `SELECT account_id, shortfall_id FROM (
            SELECT s.account_id, s.shortfall_id, s.ref_type, s.ref_id, s.acceptance, s.amount_micro,
                   row_number() OVER (PARTITION BY s.account_id, s.ref_type, s.ref_id, s.acceptance ORDER BY s.shortfall_id) AS place
              FROM shortfalls s WHERE s.${IN_RANGE} AND s.status = 'RECOVERED') recovered
           WHERE place > (SELECT count(*) FROM ledger l
                           WHERE l.account_id = recovered.account_id AND l.kind = 'RECOVERY' AND l.ref_type = recovered.ref_type
                             AND l.ref_id = recovered.ref_id AND l.acceptance = recovered.acceptance)`,
  },
  {
    name: 'L12',
    says: 'nothing was consumed from a hold after its end',
    sql: `SELECT l.account_id, l.seq FROM ledger l
            JOIN reservations r ON r.account_id = l.account_id AND r.reservation_id = l.reservation_id AND r.${IN_RANGE}
           WHERE l.${IN_RANGE} AND l.kind = 'CONSUME' AND l.reserved_delta_micro < 0 AND l.created_at >= r.expires_at`,
  },
  {
    name: 'L12-sweep',
    says: 'no hold and no lot is left standing long after its time',
    sql: `SELECT account_id, reservation_id AS id FROM reservations
           WHERE ${IN_RANGE} AND status = 'ACTIVE' AND expires_at < ledger_clock() - interval '${SWEPT_WITHIN_MINUTES} minutes'
           UNION ALL
          SELECT account_id, NULL FROM wallets
           WHERE ${IN_RANGE} AND next_lot_expiry_at < ledger_clock() - interval '${SWEPT_WITHIN_MINUTES} minutes'`,
  },
  {
    name: 'L18',
    says: 'every figure is within what is exact on the wire',
    sql: `SELECT account_id, seq FROM ledger
           WHERE ${IN_RANGE} AND (abs(balance_delta_micro) > ${EXACT_MAX} OR abs(reserved_delta_micro) > ${EXACT_MAX}
              OR abs(balance_after_micro) > ${EXACT_MAX} OR reserved_after_micro > ${EXACT_MAX})`,
  },
  {
    name: 'digest-chain',
    says: 'every sealed row is as it was sealed, and no seal is missing',
    sql: `SELECT * FROM broken_seals_in($1, $2)`,
  },
];
