import { DomainError } from '@tandem/platform/errors';
import type { CommandOutcome, CreditCommand } from './credit-command.ts';

/** Runs one batch in the database and answers one outcome per command, in order. */
export type ApplyBatch = (commands: readonly CreditCommand[]) => Promise<CommandOutcome[]>;

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
  resolve(outcome: CommandOutcome): void;
  reject(error: unknown): void;
}

/** Postgres states after which the batch as a whole did nothing and may simply run again. */
const RETRYABLE_STATES = new Set(['40001', '40P01']);
const RETRIES_MAX = 3;

/** States that one command of the batch may have caused, so that the others deserve a try without it. */
function concernsSingleCommands(error: unknown): boolean {
  const state = sqlState(error);
  if (state === undefined) return false;
  // 55P03: one account's wallet is locked by someone; 22, 23, P0: data or constraint of one command.
  return state === '55P03' || /^(22|23|P0)/.test(state);
}

function sqlState(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/**
 * Collects commands while the previous round trip is in flight and applies all that wait in one call. A lone command
 * leaves at once. Nothing is answered before its commit: a batch lost at COMMIT leaves its commands unknown, and the
 * same keys reveal the truth.
 */
export class WriteLane {
  private waiting: Waiting[] = [];
  private readonly perClient = new Map<string, number>();
  private readonly perAccount = new Map<string, number>();
  private busy = false;

  constructor(
    private readonly applyBatch: ApplyBatch,
    private readonly limits: WriteLaneLimits,
  ) {}

  /**
   * @throws DomainError `overloaded` (503, Retry-After) when the client or the account has too many commands waiting.
   */
  submit(command: CreditCommand): Promise<CommandOutcome> {
    this.admit(command);
    return new Promise<CommandOutcome>((resolve, reject) => {
      this.waiting.push({ command, resolve, reject });
      if (!this.busy) void this.drain();
    });
  }

  private admit({ client, accountId }: CreditCommand): void {
    const ofClient = this.perClient.get(client) ?? 0;
    const ofAccount = this.perAccount.get(accountId) ?? 0;
    if (ofClient >= this.limits.queuePerClientMax || ofAccount >= this.limits.queuePerAccountMax) {
      throw new DomainError(
        'overloaded',
        'Too many credit commands are waiting; try again shortly',
        {},
        { 'Retry-After': '1' },
      );
    }
    this.perClient.set(client, ofClient + 1);
    this.perAccount.set(accountId, ofAccount + 1);
  }

  private async drain(): Promise<void> {
    this.busy = true;
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, this.limits.batchMax);
      await this.settle(batch);
      for (const { command } of batch) {
        countDown(this.perClient, command.client);
        countDown(this.perAccount, command.accountId);
      }
    }
    this.busy = false;
  }

  /** Answers every command of the batch; never throws. */
  private async settle(batch: readonly Waiting[]): Promise<void> {
    try {
      const outcomes = await this.applyWithRetries(batch.map((item) => item.command));
      batch.forEach((item, index) => {
        const outcome = outcomes[index];
        if (outcome) item.resolve(outcome);
        else item.reject(new Error('the ledger answered fewer outcomes than commands'));
      });
    } catch (error) {
      if (batch.length === 1 || !concernsSingleCommands(error)) {
        for (const item of batch) item.reject(error);
        return;
      }
      // The transaction did nothing. Each account goes alone, so that the one at fault fails alone.
      for (const group of splitFurther(batch)) await this.settle(group);
    }
  }

  private async applyWithRetries(commands: readonly CreditCommand[]): Promise<CommandOutcome[]> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.applyBatch(commands);
      } catch (error) {
        if (attempt >= RETRIES_MAX || !RETRYABLE_STATES.has(sqlState(error) ?? '')) throw error;
      }
    }
  }
}

/** By account first, then by command, so that one bad command costs its neighbours one more round trip at most. */
function splitFurther(batch: readonly Waiting[]): Waiting[][] {
  const byAccount = new Map<string, Waiting[]>();
  for (const item of batch) {
    const group = byAccount.get(item.command.accountId);
    if (group) group.push(item);
    else byAccount.set(item.command.accountId, [item]);
  }
  return byAccount.size > 1 ? [...byAccount.values()] : batch.map((item) => [item]);
}

function countDown(counts: Map<string, number>, key: string): void {
  const left = (counts.get(key) ?? 1) - 1;
  if (left === 0) counts.delete(key);
  else counts.set(key, left);
}
