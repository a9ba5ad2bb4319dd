/**
 * What the ledger should do, written a second time in plain words and without sharing any code with it: a pure model of
 * one account, in whole credits. Tests run both and compare every outcome.
 */
export type OracleCommand =
  | { readonly op: 'grant'; readonly key: string; readonly amount: number }
  | {
      readonly op: 'reserve';
      readonly key: string;
      readonly ref: string;
      readonly acceptance?: number;
      readonly amount: number;
    }
  | {
      readonly op: 'consume';
      readonly key: string;
      readonly ref: string;
      readonly acceptance?: number;
      readonly amount?: number;
      readonly settle: boolean;
    }
  | { readonly op: 'release'; readonly key: string; readonly ref: string; readonly acceptance?: number };

export interface OracleOutcome {
  readonly outcome: string;
  readonly code: string | null;
  /** Credits taken by a consume. */
  readonly settled: number | null;
  readonly shortfall: number | null;
}

interface Hold {
  readonly ref: string;
  readonly acceptance: number;
  readonly amount: number;
  status: 'ACTIVE' | 'CONSUMED' | 'RELEASED' | 'EXPIRED';
  overdue: boolean;
}

interface Funding {
  decision: 'HELD' | 'IGNORED' | 'REFUSED' | 'SETTLED';
  /** Refused while postpaid: what is owed for it is owed on an invoice. */
  isPostpaid?: boolean;
  hold: Hold | null;
  settled: boolean;
}

const MOVED = (settled: number | null = null, shortfall: number | null = null): OracleOutcome => ({
  outcome: settled === 0 ? 'SHORTFALL' : 'POSTED',
  code: null,
  settled,
  shortfall: shortfall === 0 ? null : shortfall,
});
const IGNORED: OracleOutcome = { outcome: 'IGNORED', code: null, settled: null, shortfall: null };
const refused = (code: string): OracleOutcome => ({ outcome: 'REFUSED', code, settled: null, shortfall: null });
const rejected = (code: string): OracleOutcome => ({ outcome: 'REJECTED', code, settled: null, shortfall: null });

function paidByInvoice(funding: Funding | undefined): boolean {
  return funding?.decision === 'IGNORED' || (funding?.decision === 'REFUSED' && funding.isPostpaid === true);
}

export class LedgerOracle {
  balance = 0;
  mode: 'POSTPAID' | 'CREDIT' = 'CREDIT';
  suspended = false;
  readonly holds: Hold[] = [];
  private readonly funding = new Map<string, Funding>();
  private readonly answered = new Map<string, { request: string; outcome: OracleOutcome }>();

  get reserved(): number {
    return this.holds.filter((hold) => hold.status === 'ACTIVE').reduce((sum, hold) => sum + hold.amount, 0);
  }

  /** Time passes: the live hold of a reference is past its deadline from now on. */
  letExpire(ref: string): void {
    for (const hold of this.holds) if (hold.ref === ref && hold.status === 'ACTIVE') hold.overdue = true;
  }

  apply(command: OracleCommand): OracleOutcome {
    const name = `${command.op} ${command.key}`;
    const request = JSON.stringify(command, Object.keys(command).sort());
    const before = this.answered.get(name);
    if (before) return before.request === request ? before.outcome : rejected('idempotency_key_reused');
    const outcome = this.decide(command);
    if (outcome.outcome !== 'REJECTED') this.answered.set(name, { request, outcome });
    return outcome;
  }

  private decide(command: OracleCommand): OracleOutcome {
    switch (command.op) {
      case 'grant':
        this.balance += command.amount;
        return MOVED();
      case 'reserve':
        return this.reserve(command);
      case 'consume':
        return this.consume(command);
      case 'release':
        return this.release(command);
    }
  }

  private reserve(command: OracleCommand & { op: 'reserve' }): OracleOutcome {
    const acceptance = command.acceptance ?? this.nextAcceptance(command.ref);
    const funding = this.fundingOf(command.ref, acceptance);
    const live = this.live(command.ref);
    if (live) return refused('RESERVATION_ALREADY_ACTIVE');
    if (funding?.decision === 'IGNORED') {
      return IGNORED;
    }
    if (funding?.settled) return refused('ALREADY_SETTLED');
    if (funding?.hold) return refused(`RESERVATION_ALREADY_${funding.hold.status}`);
    const decided = (decision: Funding['decision'], outcome: OracleOutcome): OracleOutcome => {
      if (!funding)
        this.funding.set(`${command.ref} ${acceptance}`, {
          decision,
          hold: null,
          settled: false,
          isPostpaid: this.mode === 'POSTPAID',
        });
      return outcome;
    };
    if (this.suspended) return decided('REFUSED', refused('ACCOUNT_NOT_ACTIVE'));
    if (this.mode === 'POSTPAID') return decided('IGNORED', IGNORED);
    if (!this.afford(command.amount)) return decided('REFUSED', refused('INSUFFICIENT_CREDITS'));
    const hold: Hold = { ref: command.ref, acceptance, amount: command.amount, status: 'ACTIVE', overdue: false };
    this.holds.push(hold);
    this.funding.set(`${command.ref} ${acceptance}`, { decision: 'HELD', hold, settled: false });
    return MOVED();
  }

  private consume(command: OracleCommand & { op: 'consume' }): OracleOutcome {
    const { acceptance, funding, hold } = this.find(command);
    if (paidByInvoice(funding)) return IGNORED;
    if (funding?.settled) {
      return refused(hold?.status === 'CONSUMED' ? 'RESERVATION_ALREADY_CONSUMED' : 'ALREADY_SETTLED');
    }
    if (hold?.status !== 'ACTIVE' && !command.settle) {
      return hold ? refused(`RESERVATION_ALREADY_${hold.status}`) : rejected('reservation_not_found');
    }
    if (!funding && this.mode === 'POSTPAID') {
      this.funding.set(`${command.ref} ${acceptance}`, { decision: 'IGNORED', hold: null, settled: false });
      return IGNORED;
    }
    const held = hold?.status === 'ACTIVE' ? hold.amount : 0;
    const wanted = command.amount ?? held;
    const fromHold = Math.min(wanted, held);
    if (!this.afford(wanted - fromHold)) this.sweep();
    const fromAvailable = Math.max(0, Math.min(wanted - fromHold, this.balance - this.reserved));
    if (hold && held > 0) hold.status = 'CONSUMED';
    this.balance -= fromHold + fromAvailable;
    const entry = funding ?? { decision: 'SETTLED', hold: null, settled: true };
    entry.settled = true;
    this.funding.set(`${command.ref} ${acceptance}`, entry);
    return MOVED(fromHold + fromAvailable, wanted - fromHold - fromAvailable);
  }

  private release(command: OracleCommand & { op: 'release' }): OracleOutcome {
    const { funding, hold } = this.find(command);
    if (paidByInvoice(funding)) return IGNORED;
    if (!hold) return rejected('reservation_not_found');
    if (hold.status !== 'ACTIVE') return refused(`RESERVATION_ALREADY_${hold.status}`);
    hold.status = 'RELEASED';
    return MOVED();
  }

  private find(command: { ref: string; acceptance?: number }): {
    acceptance: number;
    funding?: Funding;
    hold: Hold | null;
  } {
    const live = this.holds.find((hold) => hold.ref === command.ref && hold.status === 'ACTIVE');
    const acceptance = command.acceptance ?? live?.acceptance ?? Math.max(1, ...this.acceptances(command.ref));
    const funding = this.fundingOf(command.ref, acceptance);
    const hold = (command.acceptance === undefined ? live : undefined) ?? funding?.hold ?? null;
    if (hold?.status === 'ACTIVE' && hold.overdue) hold.status = 'EXPIRED';
    return { acceptance, ...(funding ? { funding } : {}), hold };
  }

  private nextAcceptance(ref: string): number {
    const last = Math.max(0, ...this.acceptances(ref));
    if (last === 0) return 1;
    const funding = this.fundingOf(ref, last);
    const held = funding?.hold;
    const ended = held && (held.status !== 'ACTIVE' || held.overdue);
    return ended || funding?.settled ? last + 1 : last;
  }

  private acceptances(ref: string): number[] {
    return [...this.funding.keys()].filter((key) => key.startsWith(`${ref} `)).map((key) => Number(key.split(' ')[1]));
  }

  private fundingOf(ref: string, acceptance: number): Funding | undefined {
    return this.funding.get(`${ref} ${acceptance}`);
  }

  private live(ref: string): Hold | undefined {
    const hold = this.holds.find((candidate) => candidate.ref === ref && candidate.status === 'ACTIVE');
    if (hold?.overdue) hold.status = 'EXPIRED';
    return hold?.status === 'ACTIVE' ? hold : undefined;
  }

  /** Frees overdue holds only when there is not enough without them. */
  private afford(amount: number): boolean {
    if (this.balance - this.reserved >= amount) return true;
    this.sweep();
    return this.balance - this.reserved >= amount;
  }

  private sweep(): void {
    for (const hold of this.holds) if (hold.status === 'ACTIVE' && hold.overdue) hold.status = 'EXPIRED';
  }
}
