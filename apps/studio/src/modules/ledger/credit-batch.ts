import { toPgArray, type ArrayElement } from '@tandem/platform/database/pg-array';
import { newId } from '@tandem/platform/ids';
import type { PreparedQuery } from '@tandem/platform/database/pool';
import { byAccount, digestOf, type CommandOutcome, type CreditCommand } from './credit-command.ts';

/** A row `apply_credit_batch` answers: `outcome` from the fold, or the four figures of a hold written set by set. */
export interface CreditBatchRow {
  readonly outcome_position: number;
  readonly outcome: CommandOutcome | null;
  readonly held_seq: string | null;
  readonly held_at: Date | null;
  readonly balance_after: string | null;
  readonly reserved_after: string | null;
}

/** A command with the identities its rows will have, made here so that the answer needs no second look. */
interface PlacedCommand {
  readonly position: number;
  readonly command: CreditCommand;
  readonly digest: string;
  readonly entryId: string;
  readonly reservationId: string;
}

const TEXT = `SELECT * FROM apply_credit_batch($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)`;

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
    };
  }

  /** Outcomes in the order of the commands. */
  outcomes(rows: readonly CreditBatchRow[]): CommandOutcome[] {
    const outcomes = new Array<CommandOutcome>(this.placed.length);
    for (const row of rows) {
      const placed = this.placed[row.outcome_position];
      if (!placed) throw new Error(`apply_credit_batch answered a command ${row.outcome_position} nobody sent`);
      outcomes[row.outcome_position] = row.outcome ?? heldOutcome(placed, row);
    }
    return outcomes;
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
    group.forEach(({ command, position }, ordinal) => {
      sum += command.amount ?? 0n;
      accounts.push(index + 1);
      positions.push(position);
      ordinals.push(ordinal + 1);
      sums.push(sum.toString());
    });
    ids.push(group[0]?.command.accountId ?? '');
    totals.push(sum.toString());
    counts.push(group.length);
  });
  const all = candidates.flat();
  const column = (read: (placed: PlacedCommand) => ArrayElement): string => toPgArray(all.map(read));
  return [
    ...[ids, totals, counts, accounts, positions, ordinals, sums].map(toPgArray),
    column(({ command }) => command.client),
    column(({ command }) => command.idempotencyKey),
    column(({ digest }) => digest),
    column(({ command }) => command.amount?.toString()),
    column(({ command }) => command.refType),
    column(({ command }) => command.refId),
    column(({ command }) => command.acceptance),
    column(({ command }) => command.expiresInMinutes),
    column(({ command }) => command.actor),
    column(({ command }) => command.reason),
    column(({ entryId }) => entryId),
    column(({ reservationId }) => reservationId),
  ];
}

/** The command as `credit_command` reads it. */
function toRow({ position, command, digest, entryId, reservationId }: PlacedCommand): object {
  return {
    position,
    account_id: command.accountId,
    operation: command.operation,
    client: command.client,
    idempotency_key: command.idempotencyKey,
    request_digest: digest,
    amount_micro: command.amount?.toString(),
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
function heldOutcome({ command, entryId, reservationId }: PlacedCommand, row: CreditBatchRow): CommandOutcome {
  const { held_seq: seq, held_at: heldAt, balance_after: balance, reserved_after: reserved } = row;
  const { amount, refType, refId } = command;
  if (seq === null || heldAt === null || balance === null || reserved === null)
    throw new Error('a hold came back torn');
  if (amount === undefined || refType === undefined || refId === undefined) throw new Error('a reserve was sent torn');
  // Written out field by field: copying them from a common part cost more than the rest of a batch's answers.
  const held = amount.toString();
  const acceptance = command.acceptance ?? 1;
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
      effective_at: heldAt,
      created_at: heldAt,
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
      created_at: heldAt,
      expires_at: new Date(heldAt.getTime() + (command.expiresInMinutes ?? 0) * 60_000),
      resolved_at: null,
    },
  };
}
