import { expect } from '@jest/globals';
import type { Agent } from 'supertest';
import { startStudio, V1_SCOPES, type RunningStudio } from '../start-studio.ts';

/** A Studio whose clock can be moved, a service that may do everything, and what is needed to tell a story over HTTP. */
export interface Books {
  readonly studio: RunningStudio;
  readonly service: Agent;
  readonly operator: Agent;
  /** Enrols an account and answers its key. */
  account(mode?: 'CREDIT' | 'POSTPAID'): Promise<string>;
  /** Sends one command that must be accepted; answers the position of its movement and its hold. */
  send(operation: string, key: string, fields?: object): Promise<{ seq: number; hold: string }>;
  /** Lets the books' clock run ahead by so many minutes. */
  setClock(minutes: number): Promise<void>;
  /** A time so many minutes from now, by a clock nobody moved. */
  inMinutes(minutes: number): string;
  get<Answer>(path: string, query?: object): Promise<Answer>;
}

export async function openBooks(): Promise<Books> {
  const studio = await startStudio();
  const scopes = [...V1_SCOPES, 'credits:charge', 'credits:manage'];
  const service = studio.as(await studio.serviceToken({ scopes, namespace: null }));
  const operator = studio.as(await studio.operator());
  let accounts = 0;
  let keys = 0;
  return {
    studio,
    service,
    operator,
    async account(mode = 'CREDIT') {
      const key = `v1:partner:${(accounts += 1)}`;
      const body = { external_key: key, display_name: key, billing_mode: mode, reason: 'test' };
      await operator.post('/v1/operator/accounts').send(body).expect(201);
      return key;
    },
    async send(operation, key, fields = {}) {
      const command = { operation, external_key: key, idempotency_key: `k${(keys += 1)}`, ...fields };
      const { body } = await service.post('/v1/billing/credits/commands').send([command]).expect(200);
      const [outcome] = (body as { outcomes: { status: number; answer?: Record<string, unknown> }[] }).outcomes;
      expect(outcome).toMatchObject({ status: 201 });
      const answer = outcome?.answer as {
        id?: string;
        receipt: { account_seq: number };
        entry?: { seq: number };
        seq?: number;
      };
      return { seq: answer.entry?.seq ?? answer.seq ?? answer.receipt.account_seq, hold: answer.id ?? '' };
    },
    async setClock(minutes) {
      await studio.pool.query(`
        CREATE OR REPLACE FUNCTION ledger_clock() RETURNS timestamptz LANGUAGE sql VOLATILE
        AS 'SELECT clock_timestamp() + interval ''${minutes} minutes'''`);
    },
    inMinutes: (minutes) => new Date(Date.now() + minutes * 60_000).toISOString(),
    async get<Answer>(path: string, query: object = {}): Promise<Answer> {
      const { body } = await service.get(path).query(query).expect(200);
      return body as Answer;
    },
  };
}
