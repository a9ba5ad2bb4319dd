import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Receipt, SealMark } from '@tandem/contracts';
import { PgPool } from '@tandem/platform/database/pool';
import type { QueryResultRow } from 'pg';
import { StudioConfig } from '../../config/config.ts';
import { CreditBatch, type CreditBatchRow } from './credit-batch.ts';
import type { CommandOutcome, CreditCommand } from './credit-command.ts';
import { WriteLane, type LaneDatabase } from './write-lane.ts';

/** The one way to write credits. Every accepted command is committed before its outcome is answered. */
@Injectable()
export class CreditLedger implements OnModuleInit, LaneDatabase {
  private readonly lanes: WriteLane[];
  private incarnation = '';
  /** Last seal of an account as far as this process knows; set by the module that seals. */
  lastSealOf: (accountId: string) => SealMark | null = () => null;

  constructor(
    private readonly pool: PgPool,
    config: StudioConfig,
  ) {
    this.lanes = Array.from(
      { length: config.lanes },
      () =>
        new WriteLane(this, {
          batchMax: config.laneBatchMax,
          queuePerClientMax: config.queuePerClientMax,
          queuePerAccountMax: config.queuePerAccountMax,
        }),
    );
  }

  async onModuleInit(): Promise<void> {
    const { rows } = await this.pool.query<{ incarnation: string }>('SELECT incarnation FROM ledger_incarnation');
    const [row] = rows;
    if (!row) throw new Error('ledger_incarnation is empty: run the migrations again on a fresh database');
    this.incarnation = row.incarnation;
  }

  /**
   * Applies one command. Commands of one account always take the same lane, so they keep their order of arrival.
   * Rejects with DomainError `overloaded` when too much is waiting.
   */
  apply(command: CreditCommand): Promise<CommandOutcome> {
    // Account ids are name-based UUIDs: their leading digits are as good as a hash.
    const lane = this.lanes[Number.parseInt(command.accountId.slice(0, 8), 16) % this.lanes.length];
    if (!lane) throw new Error('the ledger has no write lane');
    return lane.submit(command);
  }

  /** What a caller keeps of an outcome decided at this head of the account. Reads memory only. */
  receipt(accountId: string, seq: number): Receipt {
    return { incarnation: this.incarnation, account_seq: seq, last_seal: this.lastSealOf(accountId) };
  }

  /** For the lanes: nothing may pass them by. */
  async applyBatch(commands: readonly CreditCommand[]): Promise<CommandOutcome[]> {
    const batch = new CreditBatch(commands);
    const { rows } = await this.pool.query<CreditBatchRow & QueryResultRow>(batch.query());
    return batch.outcomes(rows);
  }

  async lockedAmong(accountIds: readonly string[]): Promise<ReadonlySet<string>> {
    const { rows } = await this.pool.query<{ account_id: string }>({
      name: 'wallets-locked',
      text: `
        WITH free AS (
          SELECT account_id FROM wallets WHERE account_id = ANY ($1::uuid[]) ORDER BY account_id
             FOR NO KEY UPDATE SKIP LOCKED)
        SELECT w.account_id FROM wallets w
         WHERE w.account_id = ANY ($1::uuid[]) AND w.account_id NOT IN (SELECT account_id FROM free)`,
      values: [accountIds],
    });
    return new Set(rows.map((row) => row.account_id));
  }
}
