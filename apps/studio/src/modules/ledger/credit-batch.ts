import { toBarePgArray, toPgArray } from '@tandem/platform/database/pg-array';
import { TEXT_COLUMNS, type PreparedQuery } from '@tandem/platform/database/pool';
import { newId } from '@tandem/platform/ids';
import pg from 'pg';
import { byAccount, digestOf, type CommandOutcome, type CreditCommand } from './credit-command.ts';

/**
 * A row `apply_credit_batch` answers, as the text PostgreSQL sends: the outcome from the fold, or the four figures of a
 * hold written set by set.
 */
export type CreditBatchRow = readonly [
  position: string,
  outcome: string | null,
  seq: string | null,
  heldAt: string | null,
  balanceAfter: string | null,
  reservedAfter: string | null,
];

/** A command with the identities its rows will have, made here so that the answer needs no second look. */
interface PlacedCommand {
  readonly position: number;
  readonly command: CreditCommand;
  readonly digest: string;
  /** The command's amount in micro-credits, written out once for all that need it. */
  readonly amount: string | undefined;
  readonly entryId: string;
  readonly reservationId: string;
}

const TEXT = `
  SELECT outcome_position, outcome, held_seq, held_at, balance_after, reserved_after
    FROM apply_credit_batch($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)`;

const readTime = pg.types.getTypeParser(pg.types.builtins.TIMESTAMPTZ) as (text: string) => Date;

/**
 * One round trip for many commands. Accounts with nothing but reserves under different keys and references go as arrays,
 * to be written set by set if the database agrees; the others go as they are, to be folded.
 */
export class CreditBatch {
  private readonly placed: readonly PlacedCommand[];

  constructor(
    commands: readonly CreditCommand[],
    /** False sends everything to the fold; the two must agree, and a test compares them. */
    private readonly setBased = true,
  ) {
    this.placed = commands.map((command, position) => ({
      position,
      command,
      digest: digestOf(command),
      amount: command.amount?.toString(),
      entryId: newId(),
      reservationId: newId(),
    }));
  }

  query(): PreparedQuery {
    const candidates: PlacedCommand[][] = [];
    const others: PlacedCommand[] = [];
    // What a transfer brings may decide the account's next command: its commands keep their place in the fold.
    const receivers = new Set(this.placed.map(({ command }) => command.toAccountId));
    for (const group of byAccount(this.placed)) {
      const receives = receivers.has(group[0]?.command.accountId);
      if (this.setBased && !receives && mayGoAsSet(group)) candidates.push(group);
      else others.push(...group);
    }
    const columns = toColumns(candidates);
    return {
      name: 'apply_credit_batch',
      text: TEXT,
      values: [...columns, others.length === 0 ? null : JSON.stringify(others.map(toRow))],
      // A batch has as many rows as commands: as objects with their columns read they cost as much as the answers.
      rowMode: 'array',
      types: TEXT_COLUMNS,
    };
  }

  /** Outcomes in the order of the commands. */
  outcomes(rows: readonly CreditBatchRow[]): CommandOutcome[] {
    const outcomes = new Array<CommandOutcome>(this.placed.length);
    const times = new HoldTimes();
    for (const row of rows) {
      const [position, outcome] = row;
      const placed = this.placed[Number(position)];
      if (!placed) throw new Error(`apply_credit_batch answered a command ${position} nobody sent`);
      outcomes[placed.position] =
        outcome === null ? heldOutcome(placed, row, times) : (JSON.parse(outcome) as CommandOutcome);
    }
    return outcomes;
  }
}

/** Beginning and end of one hold after the other. Those of a batch are nearly all the same, so each is made once. */
class HoldTimes {
  private text = '';
  private minutes = 0;
  createdAt = '';
  expiresAt = '';

  /** @param text the row's time as PostgreSQL writes it */
  moveTo(text: string, minutes: number): void {
    if (text === this.text && minutes === this.minutes) return;
    const began = readTime(text);
    this.text = text;
    this.minutes = minutes;
    this.createdAt = began.toISOString();
    this.expiresAt = new Date(began.getTime() + minutes * 60_000).toISOString();
  }
}

/** Only reserves, and no two that could be about the same key or the same work. */
function mayGoAsSet(group: readonly PlacedCommand[]): boolean {
  if (group.some(({ command }) => command.operation !== 'reserve')) return false;
  if (group.length === 1) return true;
  const names = new Set<string>();
  for (const { command } of group) {
    names.add(`key ${command.client} ${command.idempotencyKey}`);
    names.add(`ref ${command.refType} ${command.refId}`);
  }
  return names.size === 2 * group.length;
}

/** The array parameters, in the order of the function's signature. */
function toColumns(candidates: readonly PlacedCommand[][]): string[] {
  const [ids, totals, counts]: [string[], string[], number[]] = [[], [], []];
  const [accounts, positions, ordinals, sums]: [number[], number[], number[], string[]] = [[], [], [], []];
  candidates.forEach((group, index) => {
    let sum = 0n;
    let sumText = '0';
    group.forEach(({ command, amount = '0', position }, ordinal) => {
      sum += command.amount ?? 0n;
      sumText = ordinal === 0 ? amount : sum.toString();
      accounts.push(index + 1);
      positions.push(position);
      ordinals.push(ordinal + 1);
      sums.push(sumText);
    });
    ids.push(group[0]?.command.accountId ?? '');
    totals.push(sumText);
    counts.push(group.length);
  });
  const all = candidates.flat();
  return [
    toPgArray(ids),
    ...[totals, counts, accounts, positions, ordinals, sums].map(toBarePgArray),
    toPgArray(all.map(({ command }) => command.client)),
    toPgArray(all.map(({ command }) => command.idempotencyKey)),
    toBarePgArray(all.map(({ digest }) => digest)),
    toPgArray(all.map(({ amount }) => amount)),
    toPgArray(all.map(({ command }) => command.refType)),
    toPgArray(all.map(({ command }) => command.refId)),
    toPgArray(all.map(({ command }) => command.acceptance)),
    toPgArray(all.map(({ command }) => command.expiresInMinutes)),
    toPgArray(all.map(({ command }) => command.actor)),
    toPgArray(all.map(({ command }) => command.reason)),
    toBarePgArray(all.map(({ entryId }) => entryId)),
    toBarePgArray(all.map(({ reservationId }) => reservationId)),
  ];
}

/** The command as `credit_command` reads it. */
function toRow({ position, command, digest, amount, entryId, reservationId }: PlacedCommand): object {
  return {
    position,
    account_id: command.accountId,
    operation: command.operation,
    client: command.client,
    idempotency_key: command.idempotencyKey,
    request_digest: digest,
    amount_micro: amount,
    ref_type: command.refType,
    ref_id: command.refId,
    acceptance: command.acceptance,
    reservation_id: command.reservationId,
    expires_in_minutes: command.expiresInMinutes,
    settle_without_hold: command.settleWithoutHold,
    lot_kind: command.lotKind,
    lot_priority: command.lotPriority,
    lot_expires_at: command.lotExpiresAt,
    reverses_seq: command.reversesSeq,
    to_account_id: command.toAccountId,
    shortfall_id: command.shortfallId,
    actor: command.actor,
    reason: command.reason,
    new_id: entryId,
    new_reservation_id: reservationId,
  };
}

/** What the fold would have answered about a hold, put together from what was sent and the figures that came back. */
function heldOutcome(placed: PlacedCommand, row: CreditBatchRow, times: HoldTimes): CommandOutcome {
  const [, , seq, heldAt, balance, reserved] = row;
  const { command, amount: held, entryId, reservationId } = placed;
  const { refType, refId } = command;
  if (seq === null || heldAt === null || balance === null || reserved === null)
    throw new Error('a hold came back torn');
  if (held === undefined || refType === undefined || refId === undefined) throw new Error('a reserve was sent torn');
  // Written out field by field: copying them from a common part cost more than the rest of a batch's answers.
  const acceptance = command.acceptance ?? 1;
  times.moveTo(heldAt, command.expiresInMinutes ?? 0);
  const { createdAt, expiresAt } = times;
  return {
    outcome: 'POSTED',
    replayed: false,
    seq: Number(seq),
    entry: {
      account_id: command.accountId,
      seq,
      entry_id: entryId,
      kind: 'RESERVE',
      balance_delta_micro: '0',
      reserved_delta_micro: held,
      balance_after_micro: balance,
      reserved_after_micro: reserved,
      reservation_id: reservationId,
      ref_type: refType,
      ref_id: refId,
      acceptance,
      client: command.client,
      idempotency_key: command.idempotencyKey,
      actor: command.actor ?? null,
      reason: command.reason ?? null,
      effective_at: createdAt,
      created_at: createdAt,
    },
    reservation: {
      account_id: command.accountId,
      reservation_id: reservationId,
      amount_micro: held,
      held_micro: held,
      status: 'ACTIVE',
      ref_type: refType,
      ref_id: refId,
      acceptance,
      idempotency_key: command.idempotencyKey,
      created_at: createdAt,
      expires_at: expiresAt,
      resolved_at: null,
    },
  };
}
