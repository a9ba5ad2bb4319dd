import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { v1Key, type ExternalKey } from '@tandem/contracts';
import { UnitOfWork } from '@tandem/platform/database/unit-of-work';
import { LaneDrainer } from '../../src/modules/studio-link/lane-drainer.ts';
import { LaneSweeper } from '../../src/modules/studio-link/lane-sweeper.ts';
import { LaneStore } from '../../src/modules/studio-link/lane.store.ts';
import { Outbox } from '../../src/modules/studio-link/outbox.ts';
import { V1UnderTest } from '../support/v1-under-test.ts';

type Reply = { status: number; body: unknown; headers?: Record<string, string> };

/** Something that answers HTTP as a test says: what no real Studio would do on demand. */
class ScriptedPeer {
  readonly seen: { path: string; body: string }[] = [];
  reply: (path: string, body: string) => Reply | Promise<Reply> = accept;
  private server: Server;

  async start(): Promise<string> {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        const path = request.url ?? '';
        this.seen.push({ path, body });
        void Promise.resolve(this.reply(path, body)).then(({ status, body: answer, headers }) => {
          response.writeHead(status, { 'content-type': 'application/json', ...headers });
          response.end(JSON.stringify(answer));
        });
      });
    });
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

function accept(path: string, body: string): Reply {
  if (path !== '/v1/billing/events') return { status: 201, body: { status: 'ACTIVE', id: 'x' } };
  const items = JSON.parse(body) as unknown[];
  return { status: 201, body: { outcomes: items.map(() => ({ status: 201, event: {} })) } };
}

describe('lanes of the outbox', () => {
  const peer = new ScriptedPeer();
  let v1: V1UnderTest;
  let accounts = 0;
  beforeAll(async () => {
    v1 = new V1UnderTest({
      STUDIO_BASE_URL: await peer.start(),
      STUDIO_BREAKER_FAILURES: '1000',
      STUDIO_HOLD_RETRY_MS: '10',
    });
    await v1.start();
  });
  afterAll(async () => {
    await v1.stop();
    await peer.stop();
  });
  afterEach(() => {
    peer.reply = accept;
    peer.seen.length = 0;
    v1.clock.advance(60_000);
  });

  function newLane(): ExternalKey {
    accounts += 1;
    return v1Key('partner', accounts);
  }

  function addEvent(accountKey: ExternalKey, key: string): Promise<void> {
    return v1.app.get(UnitOfWork).run((tx) =>
      v1.app.get(Outbox).addEvent(tx, {
        accountKey,
        type: 'work_accepted',
        payload: { commission_request_id: 1 },
        idempotencyKey: key,
        occurredAt: v1.clock.now(),
      }),
    );
  }

  function addReserve(accountKey: ExternalKey, key: string): Promise<number> {
    return v1.app.get(UnitOfWork).run((tx) =>
      v1.app.get(Outbox).addCommand(tx, {
        accountKey,
        operation: 'reserve',
        idempotencyKey: key,
        commissionId: 1,
        acceptance: 1,
        actingUser: 'staff',
      }),
    );
  }

  async function states(accountKey: ExternalKey): Promise<string[]> {
    const rows = await v1.rows<{ state: string }>('SELECT state FROM events WHERE account_key = $1 ORDER BY lane_seq', [
      accountKey,
    ]);
    return rows.map((row) => row.state);
  }

  /** As if the time of the next try had come. */
  async function drain(accountKey: ExternalKey): Promise<string> {
    await v1.pool.query('UPDATE lanes SET next_at = now() WHERE account_key = $1', [accountKey]);
    return v1.app.get(LaneDrainer).drain(accountKey);
  }

  test('rows of a rolled-back transaction leave no gap, and rows keep the order of their commits', async () => {
    const lane = newLane();
    await addEvent(lane, `a:${lane}`);
    const failed = v1.app.get(UnitOfWork).run(async (tx) => {
      await v1.app.get(Outbox).addEvent(tx, {
        accountKey: lane,
        type: 'work_accepted',
        payload: {},
        idempotencyKey: `never:${lane}`,
        occurredAt: v1.clock.now(),
      });
      throw new Error('changed our mind');
    });
    await expect(failed).rejects.toThrow('changed our mind');
    await Promise.all(Array.from({ length: 20 }, (_, n) => addEvent(lane, `b${n}:${lane}`)));
    const rows = await v1.rows<{ lane_seq: string }>('SELECT lane_seq FROM events WHERE account_key = $1 ORDER BY id', [
      lane,
    ]);
    expect(rows.map((row) => Number(row.lane_seq))).toEqual(Array.from({ length: 21 }, (_, n) => n + 1));
  });

  test('a drainer whose lease ran out writes nothing: the one who took over decides', async () => {
    const lane = newLane();
    await addReserve(lane, `r:${lane}`);
    let takenOver: Promise<unknown> = Promise.resolve();
    // While the slow drainer waits for its answer, its lease runs out and another instance takes the lane.
    peer.reply = async (path, body) => {
      if (peer.seen.length === 1) {
        await v1.pool.query(`UPDATE lanes SET lease_until = now() - interval '1 second' WHERE account_key = $1`, [
          lane,
        ]);
        takenOver = v1.app.get(LaneStore).claim(lane, 'another instance', false);
        await takenOver;
      }
      return accept(path, body);
    };
    expect(await drain(lane)).toBe('lease_lost');
    expect(await takenOver).not.toBeNull();
    expect(await states(lane)).toEqual(['pending']);
    const [row] = await v1.rows<{ lease_owner: string }>('SELECT lease_owner FROM lanes WHERE account_key = $1', [
      lane,
    ]);
    expect(row).toEqual({ lease_owner: 'another instance' });
  });

  test('two drainers at once: one works, the other leaves', async () => {
    const lane = newLane();
    await addReserve(lane, `r:${lane}`);
    const drainer = v1.app.get(LaneDrainer);
    const ends = await Promise.all([drainer.drain(lane), drainer.drain(lane)]);
    expect(ends.sort()).toEqual(['busy', 'empty']);
    expect(peer.seen).toHaveLength(1);
  });

  test('the same bytes are sent every time', async () => {
    const lane = newLane();
    await addReserve(lane, `r:${lane}`);
    peer.reply = () => ({ status: 503, body: { code: 'unavailable' } });
    await drain(lane);
    peer.reply = accept;
    await drain(lane);
    expect(peer.seen).toHaveLength(2);
    expect(peer.seen[0]).toEqual(peer.seen[1]);
    expect(await states(lane)).toEqual(['done']);
  });

  test('a bad event steps aside; what comes after it in its lane goes on', async () => {
    const lane = newLane();
    for (const n of [1, 2, 3]) await addEvent(lane, `e${n}:${lane}`);
    peer.reply = (_, body) => ({
      status: 201,
      body: {
        outcomes: (JSON.parse(body) as { idempotency_key: string }[]).map((item) =>
          item.idempotency_key.startsWith('e2')
            ? { status: 400, code: 'validation_failed' }
            : { status: 201, event: {} },
        ),
      },
    });
    expect(await drain(lane)).toBe('empty');
    expect(await states(lane)).toEqual(['done', 'parked', 'done']);
  });

  test('an array refused as a whole is sent again one by one: only the bad event is parked', async () => {
    const lane = newLane();
    for (const n of [1, 2, 3]) await addEvent(lane, `w${n}:${lane}`);
    peer.reply = (path, body) =>
      body.includes('"w2:') ? { status: 400, body: { code: 'validation_failed' } } : accept(path, body);
    expect(await drain(lane)).toBe('empty');
    expect(await states(lane)).toEqual(['done', 'parked', 'done']);
  });

  test('a command Studio keeps failing on is parked in the end; until then it does not stop calls for others', async () => {
    const [lane, other] = [newLane(), newLane()];
    await addReserve(lane, `p:${lane}`);
    await addReserve(other, `p:${other}`);
    peer.reply = (path, body) =>
      body.includes(`"p:${lane}"`) ? { status: 500, body: { code: 'internal_error' } } : accept(path, body);
    const ends: string[] = [];
    for (let attempt = 0; attempt < 20; attempt += 1) ends.push(await drain(lane));
    expect(new Set(ends.slice(0, 19))).toEqual(new Set(['no_answer']));
    expect(await states(lane)).toEqual(['parked']);
    expect(await drain(other)).toBe('empty');
  });

  test('a bad command holds its lane until an operator decides; other lanes flow', async () => {
    const [lane, other] = [newLane(), newLane()];
    const id = await addReserve(lane, `r:${lane}`);
    await addEvent(lane, `e:${lane}`);
    await addEvent(other, `e:${other}`);
    peer.reply = (path, body) =>
      path.endsWith('reserve') ? { status: 422, body: { code: 'idempotency_key_reused' } } : accept(path, body);
    expect(await drain(lane)).toBe('blocked');
    await v1.pool.query('UPDATE lanes SET next_at = now()');
    await v1.app.get(LaneSweeper).sweep();
    expect(await states(lane)).toEqual(['parked', 'pending']);
    expect(await states(other)).toEqual(['done']);

    const parked = (await v1.get('/v1/admin/studio-link/parked').expect(200)).body as { rows: { id: number }[] };
    expect(parked.rows.map((row) => row.id)).toContain(id);
    await v1
      .post(`/v1/admin/studio-link/parked/${id}`, { action: 'skip', reason: 'wrong in the first place' })
      .expect(200);
    await v1.post(`/v1/admin/studio-link/parked/${id}`, { action: 'skip', reason: 'twice' }).expect(404);
    expect(await drain(lane)).toBe('empty');
    expect(await states(lane)).toEqual(['skipped', 'done']);
  });

  test('an edited row keeps its key and is sent with its new body', async () => {
    const lane = newLane();
    const id = await addReserve(lane, `r:${lane}`);
    peer.reply = () => ({ status: 400, body: { code: 'validation_failed' } });
    await drain(lane);
    peer.reply = accept;
    const path = `/v1/admin/studio-link/parked/${id}`;
    const edit = { action: 'edit', reason: 'wrong amount', body: { idempotency_key: 'another', amount: 2 } };
    await v1.post(path, edit).expect(400);
    await v1.post(path, { ...edit, body: { idempotency_key: `r:${lane}`, amount: 2 } }).expect(200);
    await drain(lane);
    expect(JSON.parse(peer.seen.at(-1)?.body ?? '')).toEqual({ idempotency_key: `r:${lane}`, amount: 2 });
  });

  test.each([
    ['an HTML page from a proxy in between', { status: 200, body: '<html>' }],
    ['a 2xx with another shape', { status: 201, body: { ok: true } }],
    ['a 404 that is not ours', { status: 404, body: { message: 'no such route' } }],
    ['a redirect', { status: 302, body: {}, headers: { location: 'http://127.0.0.1:9/' } }],
  ])('%s is a contract mismatch: held, never taken for an answer', async (_, reply) => {
    const lane = newLane();
    await addReserve(lane, `r:${lane}`);
    peer.reply = () => reply;
    expect(await drain(lane)).toBe('held');
    expect(await states(lane)).toEqual(['pending']);
    const [row] = await v1.rows<{ last_reason: string }>('SELECT last_reason FROM lanes WHERE account_key = $1', [
      lane,
    ]);
    expect(row).toEqual({ last_reason: 'contract_mismatch' });
  });

  test('Retry-After is honoured', async () => {
    const lane = newLane();
    await addReserve(lane, `r:${lane}`);
    peer.reply = () => ({ status: 429, body: { code: 'rate_limited' }, headers: { 'retry-after': '120' } });
    expect(await drain(lane)).toBe('no_answer');
    const [row] = await v1.rows<{ seconds: number }>(
      'SELECT extract(epoch FROM next_at - now())::float8 AS seconds FROM lanes WHERE account_key = $1',
      [lane],
    );
    expect(row?.seconds).toBeGreaterThan(115);
  });
});
