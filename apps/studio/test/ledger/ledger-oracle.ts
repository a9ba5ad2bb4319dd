import { LotOracle, type OracleLot, type Part } from './lot-oracle.ts';

/** Where credits of a grant come to rest: low priority burns first; the lot ends so many minutes into the story. */
interface LotTerms {
  readonly kind?: OracleLot['kind'];
  readonly priority?: number;
  readonly expiresAt?: number;
}

interface Keyed {
  readonly key: string;
}
interface About extends Keyed {
  readonly ref: string;
  readonly acceptance?: number | undefined;
}

/**
 * What the ledger should do, written a second time in plain words and without sharing any code with it: a pure model of
 * one account, in whole credits and minutes of the story. Tests run both and compare every outcome.
 */
export type OracleCommand =
  | (Keyed & LotTerms & { readonly op: 'grant'; readonly amount: number })
  | (Keyed & LotTerms & { readonly op: 'purchase'; readonly purchase: string; readonly amount: number })
  | (About & { readonly op: 'reserve'; readonly amount: number; readonly minutes: number })
  | (About & { readonly op: 'consume'; readonly amount?: number | undefined; readonly settle: boolean })
  | (About & { readonly op: 'release'; readonly amount?: number | undefined })
  | (Keyed & { readonly op: 'charge' | 'adjust'; readonly amount: number })
  | (Keyed & { readonly op: 'extend'; readonly hold: string; readonly minutes: number })
  | (Keyed & { readonly op: 'reverse'; readonly undo: string; readonly amount?: number | undefined })
  | (Keyed & { readonly op: 'transfer'; readonly amount: number })
  | (Keyed & { readonly op: 'clawback'; readonly purchase: string; readonly amount?: number | undefined })
  | (Keyed & { readonly op: 'recover'; readonly shortfall: string });

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
  held: number;
  status: 'ACTIVE' | 'CONSUMED' | 'RELEASED' | 'EXPIRED';
  deadline: number;
  readonly parts: Part[];
}

interface Funding {
  decision: 'HELD' | 'IGNORED' | 'REFUSED' | 'SETTLED';
  /** Refused while postpaid: what is owed for it is owed on an invoice. */
  isPostpaid?: boolean;
  hold: Hold | null;
  settled: boolean;
}

/** A row a reversal may undo: signed amount, and the lots it brought or took from. */
interface Entry {
  readonly amount: number;
  readonly isReversible: boolean;
  readonly brought: OracleLot | null;
  readonly parts: Part[];
  readonly purchase?: string | undefined;
  readonly clawback?: Clawback;
  left: number;
}

interface Clawback {
  readonly lot: OracleLot;
  pending: number;
}

export interface OracleShortfall {
  readonly name: string;
  readonly amount: number;
  status: 'OPEN' | 'RECOVERED' | 'WAIVED';
  readonly clawback?: Clawback;
}

const MOVED = (settled: number | null = null, shortfall: number | null = null): OracleOutcome => ({
  outcome: settled === 0 ? 'SHORTFALL' : 'POSTED',
  code: null,
  settled,
  shortfall: shortfall === 0 ? null : shortfall,
});
const said = (outcome: string): OracleOutcome => ({ outcome, code: null, settled: null, shortfall: null });
const IGNORED = said('IGNORED');
const refused = (code: string): OracleOutcome => ({ ...said('REFUSED'), code });
const rejected = (code: string): OracleOutcome => ({ ...said('REJECTED'), code });

function paidByInvoice(funding: Funding | undefined): boolean {
  return funding?.decision === 'IGNORED' || (funding?.decision === 'REFUSED' && funding.isPostpaid === true);
}

export class LedgerOracle {
  balance = 0;
  overdraft = 0;
  mode: 'POSTPAID' | 'CREDIT' = 'CREDIT';
  suspended = false;
  /** Minutes since the story began. */
  now = 0;
  readonly lots = new LotOracle();
  readonly holds: Hold[] = [];
  readonly shortfalls: OracleShortfall[] = [];
  private readonly clawbacks: Clawback[] = [];
  /** What of a purchase ended, was taken back or undone. */
  private readonly gone = new Map<OracleLot, number>();
  private readonly entries = new Map<string, Entry>();
  private readonly funding = new Map<string, Funding>();
  private readonly answered = new Map<string, { request: string; outcome: OracleOutcome }>();

  constructor(
    /** Where transfers go. */
    private readonly other?: LedgerOracle,
  ) {}

  get reserved(): number {
    return this.holds.filter((hold) => hold.status === 'ACTIVE').reduce((sum, hold) => sum + hold.held, 0);
  }

  apply(command: OracleCommand): OracleOutcome {
    const name = nameOf(command);
    const request = JSON.stringify(command, Object.keys(command).sort());
    const before = this.answered.get(name);
    if (before) return before.request === request ? before.outcome : rejected('idempotency_key_reused');
    this.settleLots();
    const outcome = this.decide(command);
    if (outcome.outcome !== 'REJECTED') this.answered.set(name, { request, outcome });
    return outcome;
  }

  /** Lots whose time is over, and credits wanted back, as far as they are free. */
  settleLots(): void {
    for (const clawback of this.clawbacks) {
      const taken = Math.min(clawback.pending, clawback.lot.free);
      if (taken > 0) this.take(clawback.lot, taken);
      clawback.pending -= taken;
      const others = this.clawbacks
        .slice(0, this.clawbacks.indexOf(clawback))
        .filter(({ lot }) => lot === clawback.lot)
        .reduce((sum, { pending }) => sum + pending, 0);
      const spent = Math.max(0, clawback.pending - Math.max(0, clawback.lot.held - others));
      if (spent > 0) this.owe(clawback, spent);
      clawback.pending -= spent;
    }
    for (const lot of this.lots.lots) if (lot.expiresAt <= this.now && lot.free > 0) this.take(lot, lot.free);
  }

  private take(lot: OracleLot, amount: number): void {
    lot.free -= amount;
    this.balance -= amount;
    this.lose(lot, amount);
  }

  private owe(clawback: Clawback, amount: number): void {
    const name = `purchase ${clawback.lot.purchase}`;
    const before = this.shortfalls.filter((shortfall) => shortfall.name.startsWith(`${name} `)).length;
    this.shortfalls.push({ name: `${name} ${before + 1}`, amount, status: 'OPEN', clawback });
  }

  private post(command: OracleCommand, entry: Partial<Entry> & { amount: number }): OracleOutcome {
    this.entries.set(nameOf(command), {
      isReversible: true,
      brought: null,
      parts: [],
      ...entry,
      left: Math.abs(entry.amount),
    });
    return MOVED();
  }

  private decide(command: OracleCommand): OracleOutcome {
    switch (command.op) {
      case 'grant':
        return this.add(command, { kind: 'promotional', ...given(command) });
      case 'purchase':
        return this.purchase(command);
      case 'adjust':
        if (command.amount > 0) return this.add(command, { kind: 'adjustment' });
        return this.debit(command, -command.amount, 'INSUFFICIENT_CREDITS');
      case 'charge':
        if (this.suspended) return refused('ACCOUNT_NOT_ACTIVE');
        if (this.mode === 'POSTPAID') return IGNORED;
        return this.debit(command, command.amount, 'insufficient_credits');
      case 'reserve':
        return this.reserve(command);
      case 'extend':
        return this.extend(command);
      case 'consume':
        return this.consume(command);
      case 'release':
        return this.release(command);
      case 'recover':
        return this.recover(command);
      case 'reverse':
        return this.reverse(command);
      case 'transfer':
        return this.transfer(command);
      case 'clawback':
        return this.clawBack(command);
    }
  }

  private add(
    command: OracleCommand & { amount: number },
    terms: { kind: OracleLot['kind']; priority?: number; expiresAt?: number; purchase?: string },
  ): OracleOutcome {
    if ((terms.expiresAt ?? Infinity) <= this.now) return refused('LOT_ALREADY_ENDED');
    this.balance += command.amount;
    const brought = this.lots.add({ priority: 100, expiresAt: Infinity, ...terms, amount: command.amount }, this.now);
    return this.post(command, { amount: command.amount, brought, purchase: terms.purchase });
  }

  private purchase(command: OracleCommand & { op: 'purchase' }): OracleOutcome {
    if (this.lots.lots.some(({ purchase }) => purchase === command.purchase))
      return refused('PURCHASE_ALREADY_CREDITED');
    return this.add(command, { ...given(command), kind: 'purchased', purchase: command.purchase });
  }

  private debit(command: OracleCommand, amount: number, refusal: string): OracleOutcome {
    if (!this.afford(amount)) return refused(refusal);
    this.balance -= amount;
    return this.post(command, { amount: -amount, parts: this.lots.spend(amount) });
  }

  private recover(command: OracleCommand & { op: 'recover' }): OracleOutcome {
    const short = this.shortfalls.find(({ name }) => name === command.shortfall);
    if (!short) return rejected('shortfall_not_found');
    if (short.status !== 'OPEN') return refused('shortfall_not_open');
    const outcome = this.debit(command, short.amount, 'INSUFFICIENT_CREDITS');
    if (outcome.outcome === 'POSTED') {
      short.status = 'RECOVERED';
      this.entries.set(nameOf(command), { ...this.entries.get(nameOf(command))!, isReversible: false });
    }
    return outcome;
  }

  private reverse(command: OracleCommand & { op: 'reverse' }): OracleOutcome {
    const entry = this.entries.get(command.undo);
    if (!entry) return rejected('ledger_entry_not_found');
    if (!entry.isReversible) return refused('ENTRY_NOT_REVERSIBLE');
    const left =
      entry.brought && entry.purchase !== undefined ? Math.min(entry.left, this.claimable(entry.brought)) : entry.left;
    const wanted = command.amount ?? left;
    if (wanted > left || left <= 0) return refused('REVERSAL_EXCEEDS_ENTRY');
    if (entry.clawback && wanted === entry.left) this.giveUp(entry.clawback);
    if (entry.brought) {
      if (entry.brought.free < wanted) return refused('INSUFFICIENT_CREDITS');
      this.take(entry.brought, wanted);
    } else {
      this.giveBack(entry, wanted);
    }
    entry.left -= wanted;
    if (command.op === 'reverse') {
      this.post(command, { amount: entry.amount > 0 ? -wanted : wanted, isReversible: false });
    }
    this.settleLots();
    return MOVED();
  }

  /** A dispute that was won. */
  private giveUp(clawback: Clawback): void {
    clawback.pending = 0;
    for (const shortfall of this.shortfalls) {
      if (shortfall.clawback === clawback && shortfall.status === 'OPEN') shortfall.status = 'WAIVED';
    }
  }

  /** To the lots it came from; an overdraft that was paid meanwhile comes back as a lot of its own. */
  private giveBack(entry: Entry, wanted: number): void {
    let left = wanted;
    for (const part of [...entry.parts].sort((a, b) => (a.lot?.born ?? 0) - (b.lot?.born ?? 0))) {
      const owed = Math.min(part.amount, left);
      const given = part.lot ? owed : Math.min(owed, this.lots.debt);
      if (part.lot) part.lot.free += given;
      else this.lots.debt -= given;
      part.amount -= given;
      left -= given;
    }
    this.balance += wanted;
    if (entry.purchase !== undefined && entry.parts[0]?.lot) this.lose(entry.parts[0].lot, -wanted);
    if (left > 0) {
      this.lots.add({ kind: 'adjustment', priority: 100, expiresAt: Infinity, amount: left }, this.now);
    }
    this.lots.cover(this.now);
  }

  private transfer(command: OracleCommand & { op: 'transfer' }): OracleOutcome {
    this.sweep();
    if (this.lots.freeTotal() < command.amount) return refused('INSUFFICIENT_CREDITS');
    this.balance -= command.amount;
    for (const { lot, amount } of this.lots.spend(command.amount)) {
      if (!lot || !this.other) continue;
      this.other.balance += amount;
      this.other.lots.add({ kind: lot.kind, priority: lot.priority, expiresAt: lot.expiresAt, amount }, this.now);
    }
    return this.post(command, { amount: -command.amount, isReversible: false });
  }

  /** What of a purchase may still be taken back. */
  private claimable(lot: OracleLot): number {
    const waitedFor = this.clawbacks.filter((one) => one.lot === lot).reduce((sum, { pending }) => sum + pending, 0);
    const askedFor = this.shortfalls
      .filter(({ clawback, status }) => clawback?.lot === lot && status !== 'WAIVED')
      .reduce((sum, { amount }) => sum + amount, 0);
    return lot.amount - (this.gone.get(lot) ?? 0) - waitedFor - askedFor;
  }

  private lose(lot: OracleLot, amount: number): void {
    this.gone.set(lot, (this.gone.get(lot) ?? 0) + amount);
  }

  private clawBack(command: OracleCommand & { op: 'clawback' }): OracleOutcome {
    const lot = this.lots.lots.find(({ purchase }) => purchase === command.purchase);
    if (!lot) return rejected('purchase_not_found');
    this.sweep();
    const claimable = this.claimable(lot);
    const wanted = command.amount ?? claimable;
    if (wanted > claimable || claimable <= 0) return refused('REVERSAL_EXCEEDS_ENTRY');
    const taken = Math.min(wanted, lot.free);
    const spokenFor = this.clawbacks.filter((one) => one.lot === lot).reduce((sum, { pending }) => sum + pending, 0);
    const pending = Math.max(0, Math.min(wanted - taken, lot.held - spokenFor));
    const clawback = { lot, pending };
    this.clawbacks.push(clawback);
    const short = wanted - taken - pending;
    if (short > 0) this.owe(clawback, short);
    if (taken === 0) return { ...said(pending > 0 ? 'PENDING' : 'SHORTFALL'), shortfall: orNull(short) };
    this.take(lot, taken);
    this.post(command, { amount: -taken, parts: [{ lot, amount: taken }], purchase: command.purchase, clawback });
    return { ...MOVED(), shortfall: orNull(short) };
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
    const hold: Hold = {
      ref: command.ref,
      acceptance,
      amount: command.amount,
      held: command.amount,
      status: 'ACTIVE',
      deadline: this.now + command.minutes,
      parts: this.lots.hold(command.amount),
    };
    this.holds.push(hold);
    this.funding.set(`${command.ref} ${acceptance}`, { decision: 'HELD', hold, settled: false });
    return this.post(command, { amount: 0, isReversible: false });
  }

  private extend(command: OracleCommand & { op: 'extend' }): OracleOutcome {
    const [ref, acceptance] = command.hold.split(' ');
    const hold = this.fundingOf(ref ?? '', Number(acceptance))?.hold;
    if (!hold) return rejected('reservation_not_found');
    this.expireIfDue(hold);
    if (hold.status !== 'ACTIVE') return refused(`RESERVATION_ALREADY_${hold.status}`);
    hold.deadline = Math.max(hold.deadline, this.now + command.minutes);
    return said('EXTENDED');
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
    const held = hold?.status === 'ACTIVE' ? hold.held : 0;
    const wanted = command.amount ?? held;
    const fromHold = Math.min(wanted, held);
    if (!this.afford(wanted - fromHold)) this.sweep();
    const fromAvailable = Math.max(0, Math.min(wanted - fromHold, this.available));
    let parts: Part[] = [];
    if (hold && held > 0) {
      hold.status = 'CONSUMED';
      hold.held = 0;
      parts = this.lots.spendHeld(hold.parts, fromHold);
      this.lots.giveBack(hold.parts, held - fromHold, this.now);
    }
    const direct = fromAvailable > 0 ? this.lots.spend(fromAvailable) : [];
    this.balance -= fromHold + fromAvailable;
    const entry = funding ?? { decision: 'SETTLED', hold: null, settled: true };
    entry.settled = true;
    this.funding.set(`${command.ref} ${acceptance}`, entry);
    const missing = wanted - fromHold - fromAvailable;
    if (missing > 0) {
      this.shortfalls.push({ name: `work ${command.ref} ${acceptance}`, amount: missing, status: 'OPEN' });
    }
    if (fromHold > 0) this.post(command, { amount: -fromHold, parts });
    else if (fromAvailable > 0) this.post(command, { amount: -fromAvailable, parts: direct });
    if (held > 0) this.settleLots();
    return MOVED(fromHold + fromAvailable, missing);
  }

  private release(command: OracleCommand & { op: 'release' }): OracleOutcome {
    const { funding, hold } = this.find(command);
    if (paidByInvoice(funding)) return IGNORED;
    if (!hold) return rejected('reservation_not_found');
    if (hold.status !== 'ACTIVE') return refused(`RESERVATION_ALREADY_${hold.status}`);
    const released = command.amount ?? hold.held;
    if (released > hold.held) return refused('CREDIT_BALANCE_INVARIANT_FAILED');
    this.end(hold, released, 'RELEASED');
    return this.post(command, { amount: 0, isReversible: false });
  }

  private end(hold: Hold, released: number, status: Hold['status']): void {
    hold.held -= released;
    if (hold.held === 0) hold.status = status;
    this.lots.giveBack(hold.parts, released, this.now);
    this.settleLots();
  }

  private expireIfDue(hold: Hold): void {
    if (hold.status === 'ACTIVE' && hold.deadline <= this.now) this.end(hold, hold.held, 'EXPIRED');
  }

  private find(command: { ref: string; acceptance?: number | undefined }): {
    acceptance: number;
    funding?: Funding;
    hold: Hold | null;
  } {
    const live = this.holds.find((hold) => hold.ref === command.ref && hold.status === 'ACTIVE');
    const acceptance = command.acceptance ?? live?.acceptance ?? Math.max(1, ...this.acceptances(command.ref));
    const funding = this.fundingOf(command.ref, acceptance);
    const hold = (command.acceptance === undefined ? live : undefined) ?? funding?.hold ?? null;
    if (hold) this.expireIfDue(hold);
    return { acceptance, ...(funding ? { funding } : {}), hold };
  }

  private nextAcceptance(ref: string): number {
    const last = Math.max(0, ...this.acceptances(ref));
    if (last === 0) return 1;
    const funding = this.fundingOf(ref, last);
    const held = funding?.hold;
    const ended = held && (held.status !== 'ACTIVE' || held.deadline <= this.now);
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
    if (hold) this.expireIfDue(hold);
    return hold?.status === 'ACTIVE' ? hold : undefined;
  }

  private get available(): number {
    return this.balance - this.reserved + this.overdraft;
  }

  /** Frees overdue holds only when there is not enough without them. */
  private afford(amount: number): boolean {
    if (this.available >= amount) return true;
    this.sweep();
    return this.available >= amount;
  }

  private sweep(): void {
    const due = this.holds.filter((hold) => hold.status === 'ACTIVE' && hold.deadline <= this.now);
    for (const hold of due.sort((a, b) => a.deadline - b.deadline)) this.expireIfDue(hold);
  }
}

function nameOf(command: OracleCommand): string {
  return `${command.op} ${command.key}`;
}

function orNull(amount: number): number | null {
  return amount === 0 ? null : amount;
}

function given(terms: LotTerms): LotTerms {
  return Object.fromEntries(
    Object.entries({ kind: terms.kind, priority: terms.priority, expiresAt: terms.expiresAt }).filter(
      ([, value]) => value !== undefined,
    ),
  );
}
