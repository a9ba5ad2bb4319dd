import { Injectable, Logger } from '@nestjs/common';
import { STUDIO_ACTOR } from '../audit/audit-entry.ts';
import { CommandLookupQueries } from '../ledger/command-lookup.queries.ts';
import { CloseAct } from './close-act.ts';
import { commandOf, type OperatorActSqlRow } from './operator-act.ts';
import { OperatorActsStore } from './operator-acts.store.ts';
import { RunAct } from './run-act.ts';

/** Longer than any command waits or runs: an act open for longer belongs to a process that died. */
const ABANDONED_AFTER_SECONDS = 120;

/** Closes what a dead process left open, and requests whose time is over. */
@Injectable()
export class FinishActs {
  private readonly logger = new Logger(FinishActs.name);

  constructor(
    private readonly acts: OperatorActsStore,
    private readonly lookup: CommandLookupQueries,
    private readonly runAct: RunAct,
    private readonly closeAct: CloseAct,
  ) {}

  /** Answers how many acts it looked at. Two at once are harmless. */
  async run(openForSeconds = ABANDONED_AFTER_SECONDS): Promise<number> {
    const unfinished = await this.acts.unfinished(openForSeconds);
    for (const act of unfinished) {
      try {
        await this.finish(act);
      } catch (error) {
        // One that cannot be finished must not keep the others waiting; it comes again with the next run.
        this.logger.error(`Act ${act.act_id} is not finished: ${error instanceof Error ? error.message : 'unknown'}`);
      }
    }
    return unfinished.length;
  }

  private async finish(act: OperatorActSqlRow): Promise<void> {
    if (act.state === 'PENDING') {
      await this.closeAct.run(act, { state: 'EXPIRED', outcome: null, actor: STUDIO_ACTOR });
    } else if (act.needs_approval) {
      // Two people wanted it: it is done, once, however often this comes here.
      await this.runAct.run(act);
    } else {
      await this.closeAbandoned(act);
    }
  }

  /**
   * Nobody told the operator what came of it, so nothing is done now that was not done then: only what the ledger has
   * is written down. The same key does it, if the operator still wants it.
   */
  private async closeAbandoned(act: OperatorActSqlRow): Promise<void> {
    const trace = act.operation === 'overdraft' ? undefined : await this.lookup.traceOf(commandOf(act));
    if (trace === undefined) {
      await this.closeAct.run(act, { state: 'NOT_DONE', outcome: null, actor: STUDIO_ACTOR });
      return;
    }
    const { code, entry_id, seq } = trace;
    await this.closeAct.run(act, {
      state: trace.outcome === 'REFUSED' ? 'REFUSED' : 'DONE',
      outcome: { code, entry_id, seq: seq === null ? null : Number(seq) },
      after: { entry_id, outcome: trace.outcome },
      actor: STUDIO_ACTOR,
    });
  }
}
