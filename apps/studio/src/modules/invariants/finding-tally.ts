import { ROWS_SHOWN_MAX, type InvariantFinding } from './invariant.queries.ts';
import { LEDGER_INVARIANTS } from './ledger-invariants.ts';

/** Adds up what the rules came to over several ranges. */
export class FindingTally {
  private readonly byRule = new Map<string, InvariantFinding>(
    LEDGER_INVARIANTS.map((invariant) => [
      invariant.name,
      { invariant, offendingCount: 0, offendingRows: [], notChecked: null },
    ]),
  );

  add(findings: readonly InvariantFinding[]): void {
    for (const found of findings) {
      const before = this.byRule.get(found.invariant.name);
      this.byRule.set(found.invariant.name, {
        invariant: found.invariant,
        offendingCount: (before?.offendingCount ?? 0) + found.offendingCount,
        offendingRows: [...(before?.offendingRows ?? []), ...found.offendingRows].slice(0, ROWS_SHOWN_MAX),
        notChecked: before?.notChecked ?? found.notChecked,
      });
    }
  }

  /** One per rule, in the order of the rules. */
  get results(): InvariantFinding[] {
    return [...this.byRule.values()];
  }
}
