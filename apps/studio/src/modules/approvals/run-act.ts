import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '@tandem/platform/database/unit-of-work';
import { DomainError } from '@tandem/platform/errors';
import { ChangeOverdraftLimit } from '../accounts/change-overdraft-limit.ts';
import type { CommandOutcome } from '../ledger/credit-command.ts';
import { CreditLedger } from '../ledger/credit-ledger.ts';
import { actorOf, CloseAct, type ActClosing } from './close-act.ts';
import { commandOf, fromStoredFields, type OperatorActSqlRow } from './operator-act.ts';
import { OperatorActsStore } from './operator-acts.store.ts';

/** What came of an act: the ledger's outcome (also a refusal), or of an overdraft limit whether it is set. */
export type ActResult =
  | { readonly kind: 'done'; readonly accountId: string; readonly outcome: CommandOutcome }
  | { readonly kind: 'limit set' }
  | { readonly kind: 'refused'; readonly error: DomainError };

/** Does an open act, and writes what became of it. Doing it again has no second effect. */
@Injectable()
export class RunAct {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly ledger: CreditLedger,
    private readonly changeOverdraftLimit: ChangeOverdraftLimit,
    private readonly acts: OperatorActsStore,
    private readonly closeAct: CloseAct,
  ) {}

  /**
   * Answers refusals too; they have their line in the trail by then.
   * An error of the ledger itself (busy, lost) is thrown and leaves the act open: a job closes it by what the ledger has.
   */
  async run(act: OperatorActSqlRow): Promise<ActResult> {
    if (act.operation === 'overdraft') return this.setOverdraftLimit(act);
    const outcome = await this.ledger.apply(commandOf(act));
    await this.closeAct.run(act, closingOf(outcome));
    return { kind: 'done', accountId: act.account_id, outcome };
  }

  /** The change and the end of the act are one transaction: exactly one of those who try finds the act open. */
  private async setOverdraftLimit(act: OperatorActSqlRow): Promise<ActResult> {
    try {
      await this.uow.run(async (tx) => {
        const current = await this.acts.lock(tx, act.act_id);
        if (current?.state !== 'OPEN') return;
        await this.acts.close(tx, current, 'DONE', null);
        const { amount, version } = fromStoredFields(current.command);
        if (amount === undefined) throw new Error('an overdraft act has no limit');
        const { account_id: accountId, actor, reason, act_id: actId } = current;
        const edit = { accountId, actor, by: actorOf(current), reason, version, actId };
        await this.changeOverdraftLimit.within(tx, edit, amount);
      });
      return { kind: 'limit set' };
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      await this.closeAct.run(act, { state: 'REFUSED', outcome: { code: error.code } });
      return { kind: 'refused', error };
    }
  }
}

/** What the ledger's outcome means for the act. An ignored command is done: policy decided that nothing moves. */
function closingOf(outcome: CommandOutcome): ActClosing {
  const { entry } = outcome;
  if (outcome.outcome === 'REFUSED' || outcome.outcome === 'REJECTED') {
    return { state: 'REFUSED', outcome: { code: outcome.code ?? null } };
  }
  const closing = { entry_id: entry?.entry_id ?? null, seq: outcome.seq == null ? null : Number(outcome.seq) };
  if (!entry) return { state: 'DONE', outcome: closing, after: { outcome: outcome.outcome } };
  const [balance, reserved] = [BigInt(entry.balance_after_micro), BigInt(entry.reserved_after_micro)];
  return {
    state: 'DONE',
    outcome: closing,
    before: {
      balance_micro: balance - BigInt(entry.balance_delta_micro),
      reserved_micro: reserved - BigInt(entry.reserved_delta_micro),
    },
    after: { balance_micro: balance, reserved_micro: reserved, entry_id: entry.entry_id },
  };
}
