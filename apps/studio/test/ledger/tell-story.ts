import { expect } from '@jest/globals';
import type { CommandOutcome, CreditCommand } from '../../src/modules/ledger/credit-command.ts';
import { CreditBatch, type CreditBatchRow } from '../../src/modules/ledger/credit-batch.ts';
import { CreditLedger } from '../../src/modules/ledger/credit-ledger.ts';
import type { RunningStudio } from '../start-studio.ts';
import type { OracleOutcome } from './ledger-oracle.ts';
import type { Told } from './random-stories.ts';
import { beginStory, changeWorld, CREDIT, expectAccount, inOrder, toCreditCommand } from './story.ts';

/**
 * Tells one story to the ledger and to the model, and fails where they differ: in an outcome, a balance, a lot or a row.
 * It is told twice, as services tell it and through the fold alone: the set-based part must agree on every input.
 */
export async function tellStory(studio: RunningStudio, story: Told): Promise<void> {
  const ledger = studio.app.get(CreditLedger);
  const told = await beginStory(studio, story.overdraft);
  const folded = await beginStory(studio, story.overdraft);
  for (const { before, batch } of story.rounds) {
    if (before) await changeWorld(studio, [told, folded], before);
    const expected = batch.map((command) => told.oracle.apply(command));
    // What a command names (a row, a hold, a shortfall) may come from one before it: each is sent with what is there.
    const outcomes = await inOrder(batch, async (run) => {
      const sent = await Promise.all(run.map((command) => toCreditCommand(studio, told, command)));
      return Promise.all(sent.map((command) => ledger.apply(command)));
    });
    expect(outcomes.map(comparable)).toEqual(expected);
    const repeated = await inOrder(batch, async (run) =>
      applyFolded(studio, await Promise.all(run.map((command) => toCreditCommand(studio, folded, command)))),
    );
    expect(repeated.map(comparable)).toEqual(expected);
    expect(repeated.map(withoutIdentities)).toEqual(outcomes.map(withoutIdentities));
  }
  expect(await ledgerRows(studio, folded.accountId)).toEqual(await ledgerRows(studio, told.accountId));
  for (const { accountId, otherId, began } of [told, folded]) {
    await expectAccount(studio, ledger, { accountId, began }, told.oracle);
    await expectAccount(studio, ledger, { accountId: otherId, began }, told.other);
  }
}

export async function applyFolded(studio: RunningStudio, batch: CreditCommand[]): Promise<CommandOutcome[]> {
  const folded = new CreditBatch(batch, false);
  const { rows } = await studio.pool.query<CreditBatchRow & Record<string, unknown>>(folded.query());
  return folded.outcomes(rows);
}

/** An outcome without the ids and times that two runs cannot share. */
export function withoutIdentities(outcome: CommandOutcome): unknown {
  const own = new Set([
    'account_id',
    'entry_id',
    'reservation_id',
    'shortfall_id',
    'created_at',
    'expires_at',
    'updated_at',
    'resolved_at',
    'decided_at',
    'effective_at',
  ]);
  const extra = new Set(['client', 'operation', 'leg', 'request_digest', 'lot_ids', 'counterparty_id']);
  return JSON.parse(
    JSON.stringify(outcome, (name, value: unknown) => {
      if (own.has(name)) return value == null ? null : 'set';
      return extra.has(name) || value === null ? undefined : value;
    }),
  );
}

export async function ledgerRows(studio: RunningStudio, accountId: string): Promise<unknown[]> {
  const { rows } = await studio.pool.query(
    `SELECT seq, kind, balance_delta_micro, reserved_delta_micro, balance_after_micro, reserved_after_micro, ref_id,
            acceptance, client, operation,
            CASE client WHEN 'studio' THEN split_part(idempotency_key, ':', 1) ELSE idempotency_key END AS key, leg, actor, reason
       FROM ledger WHERE account_id = $1 AND operation <> 'expire' ORDER BY seq`,
    [accountId],
  );
  return rows;
}

function comparable(outcome: CommandOutcome): OracleOutcome {
  const moved = outcome.outcome === 'POSTED' || outcome.outcome === 'SHORTFALL';
  const credits = (micro: string | number | null | undefined): number | null =>
    micro == null ? null : Number(BigInt(micro) / CREDIT);
  return {
    outcome: outcome.outcome,
    code: outcome.code ?? null,
    settled: moved ? credits(outcome.settled_micro) : null,
    shortfall: credits(outcome.shortfall?.amount_micro),
  };
}
