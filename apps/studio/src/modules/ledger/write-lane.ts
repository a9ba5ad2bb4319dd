import { DomainError } from '@tandem/platform/errors';
import { byAccount, SWEEPER, type CommandOutcome, type CreditCommand } from './credit-command.ts';
import { FairQueue } from './fair-queue.ts';
import { Tallies, type Tally } from './tallies.ts';

/** What a lane needs of the database. */
export interface LaneDatabase {
  /** Runs one batch and answers one outcome per command, in order. */
  applyBatch(commands: readonly CreditCommand[]): Promise<CommandOutcome[]>;
  /** Those of the accounts whose wallet somebody holds at this moment; waits for nobody. */
  lockedAmong(accountIds: readonly string[]): Promise<ReadonlySet<string>>;
}

export interface WriteLaneLimits {
  /** Most commands of one round trip. */
  readonly batchMax: number;
  /** Most commands one client may have waiting; the next one is 503. */
  readonly queuePerClientMax: number;
  /** Most commands one account may have waiting. */
  readonly queuePerAccountMax: number;
}

interface Waiting {
  readonly command: CreditCommand;
  /** How many its client and its account have here, itself among them. */
  readonly ofClient: Tally;
  readonly ofAccount: Tally;
  resolve(outcome: CommandOutcome): void;
  reject(error: unknown): void;
}

/** Postgres states after which the batch as a whole did nothing and may simply run again. */
const RETRYABLE_STATES = new Set(['40001', '40P01']);
const RETRIES_MAX = 3;

/** Fewer commands than this go together: a commit of their own would cost more than the overlap saves. */
const HALVED_FROM = 16;

/**
 * Places one account, and one client, may take in a batch while others send as well: whoever comes next then waits for a
 * short batch, and the flood for more of them. What that costs the flood is in docs/performance.md.
 */
const SHARE = 8;
/** Others count as there for so long after their last command. Those who send less often cost a flood next to nothing. */
const SHARED_MS = 50;

/** A wallet of the batch is locked by somebody else, or an account's work takes longer than a statement may. */
const STALLED_STATES = new Set(['55P03', '57014']);
/** How long an account whose wallet is locked is answered at once, so that it does not stall its neighbours again. */
const LOCKED_PAUSE_MS = 2000;

/** States that one command of the batch may have caused: its data, or a constraint. */
function concernsOneCommand(error: unknown): boolean {
  return /^(22|23|P0)/.test(sqlState(error));
}

/** Empty when it was not Postgres that failed. */
function sqlState(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : '';
}

/**
 * Collects commands while the previous round trip is in flight and applies what waits in one call, the clients and their
 * accounts in turns when it is more than one call should take, and each no more than a share while others are there. A
 * lone command leaves at once. Nothing is answered before its commit: a batch lost at COMMIT leaves its commands unknown,
 * and the same keys reveal the truth.
 */
export class WriteLane {
  private readonly waiting = new FairQueue<Waiting>();
  private readonly perClient = new Tallies();
  private readonly perAccount = new Tallies();
  private readonly lockedUntil = new Map<string, number>();
  private readonly clients = new Sharing();
  private readonly accounts = new Sharing();
  private busy = false;

  constructor(
    private readonly database: LaneDatabase,
    private readonly limits: WriteLaneLimits,
  ) {}

  /**
   * Rejects with DomainError (503, Retry-After) `overloaded` when the client or the account has too many commands waiting,
   * `not_attempted` while the account's wallet is locked by somebody else. Never throws: callers submit many at once, and
   * must hear of those submitted before.
   */
  submit(command: CreditCommand): Promise<CommandOutcome> {
    return new Promise<CommandOutcome>((resolve, reject) => {
      // What it throws rejects the promise.
      this.refuseLocked(command.accountId);
      const ofClient = this.perClient.of(command.client);
      const ofAccount = this.perAccount.of(command.accountId);
      const { queuePerClientMax, queuePerAccountMax } = this.limits;
      if (ofClient.count >= queuePerClientMax || ofAccount.count >= queuePerAccountMax) throw overloaded();
      ofClient.count += 1;
      ofAccount.count += 1;
      // The sweeper paces itself, and nobody has to make room for it.
      if (command.client !== SWEEPER) {
        this.clients.notice(command.client);
        this.accounts.notice(command.accountId);
      }
      this.waiting.push(command.client, command.accountId, { command, ofClient, ofAccount, resolve, reject });
      if (!this.busy) void this.drain();
    });
  }

  private refuseLocked(accountId: string): void {
    const lockedUntil = this.lockedUntil.get(accountId);
    if (lockedUntil === undefined) return;
    if (performance.now() < lockedUntil) throw walletLocked();
    this.lockedUntil.delete(accountId);
  }

  private async drain(): Promise<void> {
    this.busy = true;
    let inFlight = 0;
    while (this.waiting.size > 0) {
      // Half of what is under way at a time: while the database works on one half, the service answers the other.
      const half = Math.ceil((this.waiting.size + inFlight) / 2);
      const batch = this.waiting.take(Math.min(Math.max(half, HALVED_FROM), this.limits.batchMax), {
        ofClient: this.clients.isShared() ? SHARE : this.limits.batchMax,
        ofAccount: this.accounts.isShared() ? SHARE : this.limits.batchMax,
      });
      inFlight = batch.length;
      await this.settle(batch);
      countOut(batch);
    }
    this.busy = false;
  }

  /** Answers every command of the batch; never throws. */
  private async settle(batch: readonly Waiting[]): Promise<void> {
    try {
      const outcomes = await this.applyWithRetries(batch.map((item) => item.command));
      // Answering takes as long as the round trip itself, so the next one is on its way first.
      setImmediate(answer, batch, outcomes);
    } catch (error) {
      await this.settleAfter(error, batch);
    }
  }

  /** The transaction did nothing. What may be at fault goes alone, so that it fails alone. */
  private async settleAfter(error: unknown, batch: readonly Waiting[]): Promise<void> {
    const isStalled = STALLED_STATES.has(sqlState(error));
    const groups = isStalled || concernsOneCommand(error) ? byAccount(batch) : [];
    if (groups.length > 1) {
      await this.settleApart(groups, isStalled);
    } else if (isStalled) {
      this.pause(batch);
    } else if (groups.length === 1 && batch.length > 1) {
      for (const item of batch) await this.settle([item]);
    } else {
      for (const item of batch) item.reject(error);
    }
  }

  /** Each account by itself. Wallets somebody holds are set aside first: to wait for each of them would stall the rest. */
  private async settleApart(groups: readonly Waiting[][], isStalled: boolean): Promise<void> {
    const locked = isStalled ? await this.lockedAmong(groups) : new Set<string>();
    for (const group of groups) {
      if (locked.has(group[0]?.command.accountId ?? '')) this.pause(group);
      else await this.settle(group);
    }
  }

  private async lockedAmong(groups: readonly Waiting[][]): Promise<ReadonlySet<string>> {
    try {
      return await this.database.lockedAmong(groups.map((group) => group[0]?.command.accountId ?? ''));
    } catch {
      // Not known: each account then finds out by itself, and its own failure is answered.
      return new Set();
    }
  }

  /**
   * One account's wallet is locked: its commands were not attempted, and for a while its next ones are not either. Those
   * that wait already are among them: a later one must not be decided before an earlier one.
   */
  private pause(batch: readonly Waiting[]): void {
    const accountId = batch[0]?.command.accountId ?? '';
    const now = performance.now();
    for (const [account, until] of this.lockedUntil) if (until <= now) this.lockedUntil.delete(account);
    this.lockedUntil.set(accountId, now + LOCKED_PAUSE_MS);
    const queued = this.waiting.takeAccount(accountId);
    countOut(queued);
    for (const item of [...batch, ...queued]) item.reject(walletLocked());
  }

  private async applyWithRetries(commands: readonly CreditCommand[]): Promise<CommandOutcome[]> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.database.applyBatch(commands);
      } catch (error) {
        if (attempt >= RETRIES_MAX || !RETRYABLE_STATES.has(sqlState(error))) throw error;
      }
    }
  }
}

/** Whether more than one has been there of late. */
class Sharing {
  private last: string | undefined;
  private changedAt = -Infinity;

  notice(name: string): void {
    if (name === this.last) return;
    if (this.last !== undefined) this.changedAt = performance.now();
    this.last = name;
  }

  isShared(): boolean {
    return performance.now() - this.changedAt < SHARED_MS;
  }
}

function answer(batch: readonly Waiting[], outcomes: readonly CommandOutcome[]): void {
  batch.forEach((item, index) => {
    const outcome = outcomes[index];
    if (outcome) item.resolve(outcome);
    else item.reject(new Error('the ledger answered fewer outcomes than commands'));
  });
}

function countOut(batch: readonly Waiting[]): void {
  for (const { ofClient, ofAccount } of batch) {
    ofClient.count -= 1;
    ofAccount.count -= 1;
  }
}

function overloaded(): DomainError {
  const text = 'Too many credit commands are waiting; try again shortly';
  return new DomainError('overloaded', text, {}, { 'Retry-After': '1' });
}

function walletLocked(): DomainError {
  return new DomainError(
    'not_attempted',
    'The wallet is busy; the command was not attempted. Send it again with the same key',
    {},
    { 'Retry-After': String(LOCKED_PAUSE_MS / 1000) },
  );
}
