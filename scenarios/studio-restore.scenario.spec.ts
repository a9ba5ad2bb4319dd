import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ExternalKey } from '@tandem/contracts';
import { migrate } from '@tandem/platform/database/migrate';
import { UnitOfWork } from '@tandem/platform/database/unit-of-work';
import { migrateJobs } from '@tandem/platform/jobs/migrate-jobs';
import { STUDIO_MIGRATIONS } from '../apps/studio/src/migrations/index.ts';
import { LastSeals } from '../apps/studio/src/modules/seals/last-seals.ts';
import { SealLedger } from '../apps/studio/src/modules/seals/seal-ledger.ts';
import { VerifyLedger } from '../apps/studio/src/modules/seals/verify-ledger.ts';
import { expectSoundLedger } from '../apps/studio/test/ledger/expect-sound-ledger.ts';
import { createCommands } from '../apps/v1/src/commands.ts';
import { V1Config } from '../apps/v1/src/config/config.ts';
import { Outbox } from '../apps/v1/src/modules/studio-link/outbox.ts';
import { WatchHeads } from '../apps/v1/src/modules/studio-link/watch-heads.ts';
import { BothApps } from './both-apps.ts';
import { RestorablePostgres } from './restorable-postgres.ts';

const RESTORE_POINT = 'before_the_lost_minute';

interface Setback {
  external_key: string;
  reason: string;
  rows_reopened: number;
  rows: { open: number; as_before: number; otherwise: number };
}

describe('Studio restored to a minute ago', () => {
  let postgres: RestorablePostgres;
  let apps: BothApps;
  beforeAll(async () => {
    postgres = await RestorablePostgres.start('studio');
    await migrate(postgres.url, STUDIO_MIGRATIONS);
    await migrateJobs(postgres.url);
    apps = await BothApps.start({
      studioDatabase: { url: postgres.url, applicationUrl: postgres.url, drop: () => Promise.resolve() },
      // Only an outage V1 saw, or its watch, makes it compare: what a busy installation does by time alone is not waited for.
      v1: { STUDIO_HEADS_TRUSTED_MS: '3600000' },
    });
  }, 90_000);
  afterAll(async () => {
    await apps?.stop();
    await postgres?.stop();
  }, 60_000);

  /** What V1's rows say they came to, and how often Studio has each of them. */
  async function compareBooks(): Promise<{ rows: number; lost: string[]; doubled: string[] }> {
    const rows = await apps.v1.rows<{ kind: string; idempotency_key: string; state: string }>(
      `SELECT kind, idempotency_key, state FROM events ORDER BY id`,
    );
    expect(rows.filter(({ state }) => state !== 'done' && state !== 'refused')).toEqual([]);
    const there = await postgres.query<{ name: string; times: string }>(
      `SELECT name, count(*) AS times FROM (
         SELECT operation || ' ' || idempotency_key AS name FROM ledger WHERE client = 'v1' AND leg = 0
         UNION ALL SELECT operation || ' ' || idempotency_key FROM unposted_outcomes WHERE client = 'v1'
         UNION ALL SELECT 'event ' || idempotency_key FROM billing_events) n GROUP BY name`,
    );
    const times = new Map(there.map((row) => [row.name, Number(row.times)]));
    const names = rows.map((row) => `${row.kind} ${row.idempotency_key}`);
    return {
      rows: names.length,
      lost: names.filter((name) => !times.has(name)),
      doubled: names.filter((name) => (times.get(name) ?? 0) > 1),
    };
  }

  async function studioRows(): Promise<{ entries: number; events: number }> {
    const [row] = await postgres.query<{ entries: string; events: string }>(
      'SELECT (SELECT count(*) FROM ledger) AS entries, (SELECT count(*) FROM billing_events) AS events',
    );
    return { entries: Number(row?.entries), events: Number(row?.events) };
  }

  async function sealAll(): Promise<void> {
    await apps.studio.app.get(SealLedger).run();
    await apps.studio.app.get(LastSeals).refresh();
  }

  const setbacks = async (): Promise<Setback[]> =>
    ((await apps.v1.get('/v1/admin/studio-link/setbacks').expect(200)).body as { setbacks: Setback[] }).setbacks;

  const figures = async (keys: readonly ExternalKey[]) =>
    Promise.all(keys.map(async (key) => [key, await apps.credit(key), (await apps.reservations(key)).length]));

  const outcomes = () => apps.v1.rows('SELECT id, state, answer_code FROM events ORDER BY id');

  async function relayUntilDone(): Promise<void> {
    for (let round = 0; round < 5; round += 1) await apps.relay();
  }

  /** So many facts of one account, told and answered. */
  async function tell(key: ExternalKey, from: number, to: number): Promise<void> {
    await apps.v1.app.get(UnitOfWork).run(async (tx) => {
      for (let n = from; n <= to; n += 1) {
        await apps.v1.app.get(Outbox).addEvent(tx, {
          ...{ accountKey: key, type: 'work_accepted', payload: { commission_request_id: n } },
          ...{ idempotencyKey: `v1:told:${key}:${n}`, occurredAt: new Date() },
        });
      }
    });
    await relayUntilDone();
  }

  /** One of everything V1 can owe Studio, all of it answered. */
  async function workForAMinute(busy: number, held: readonly number[]): Promise<void> {
    await apps.step(held[1] ?? 0, 'deliver');
    await apps.step(held[2] ?? 0, 'cancel', { reason: 'not needed' });
    for (let n = 0; n < 6; n += 1) {
      const id = await apps.submit(busy, 3);
      await apps.approve(id);
      if (n < 2) await apps.step(id, 'deliver');
      if (n === 2) await apps.step(id, 'cancel', { reason: 'not needed' });
    }
    expect((await apps.v1.post(`/v1/commissions/${await apps.submit(busy, 900)}/approve`)).status).toBe(409);
  }

  test('V1 notices by itself and sends again what was lost: every effect once, both books agree, all rules hold', async () => {
    const busy = await apps.newCreditPartner(100);
    const topped = await apps.newCreditPartner(20);
    const postpaid = await apps.newPartner();
    await apps.enrol(postpaid.key, 'POSTPAID');
    const held: number[] = [];
    for (let n = 0; n < 4; n += 1) held.push(await apps.submit(busy.id, 5));
    for (const id of held) await apps.approve(id);
    await apps.relay();
    await sealAll();
    await postgres.backUp();
    await apps.step(held[0] ?? 0, 'deliver');
    await sealAll();
    await postgres.nameThisMoment(RESTORE_POINT);
    const before = await studioRows();

    await workForAMinute(busy.id, held);
    await apps.approve(await apps.submit(postpaid.id, 1));
    await apps.grant(topped.key, 7);
    await apps.approve(await apps.submit(topped.id, 4));
    await sealAll();
    await apps.link.setMode('refuse');
    const decided = await apps.submit(topped.id, 3);
    expect(await apps.approve(decided)).toMatchObject({ studio: { settled: false } });
    await apps.link.setMode('ok');
    await relayUntilDone();
    const keys = [busy.key, postpaid.key, topped.key];
    const [expected, answered, after] = [await figures(keys), await outcomes(), await studioRows()];
    expect(await apps.decisions(topped.key)).toMatchObject([{ operation: 'approve', verdict: 'honoured' }]);

    await postgres.stopServer();
    // V1 goes on without Studio, and sees that it is away.
    expect(await apps.approve(await apps.submit(busy.id, 1))).toMatchObject({ studio: { settled: false } });
    await postgres.restoreTo(RESTORE_POINT);
    expect(await studioRows()).toEqual(before);
    // What operators granted in that minute is theirs to grant again; more of it hides that the head went back.
    await apps.grant(topped.key, 7);
    for (let n = 0; n < 5; n += 1) await apps.grant(topped.key, 1);
    await relayUntilDone();
    await apps.v1.app.get(WatchHeads).run();
    await relayUntilDone();

    const noticed = await setbacks();
    expect(noticed.map(({ external_key }) => external_key).sort()).toEqual([...keys].sort());
    for (const setback of noticed) {
      expect(setback).toMatchObject({ reason: 'outcome_lost', rows: { open: 0, otherwise: 0 } });
    }
    const books = await compareBooks();
    process.stdout.write(
      `restore: ${after.entries - before.entries} ledger rows and ${after.events - before.events} events lost; ` +
        `${noticed.reduce((sum, { rows_reopened }) => sum + rows_reopened, 0)} of ${books.rows} outbox rows sent again; ` +
        `lost ${books.lost.length}, doubled ${books.doubled.length}\n`,
    );
    expect(books).toMatchObject({ lost: [], doubled: [] });
    expect((await outcomes()).slice(0, answered.length)).toEqual(answered);
    expect(await apps.decisions(topped.key)).toMatchObject([{ operation: 'approve', verdict: 'honoured' }]);
    const [busyNow, postpaidNow, toppedNow] = await figures(keys);
    expect(postpaidNow).toEqual(expected[1]);
    expect(busyNow?.[1]).toEqual(moreBy(expected[0]?.[1], { reserved: 1, available: -1 }));
    expect(toppedNow?.[1]).toEqual(moreBy(expected[2]?.[1], { wallet: 5, available: 5 }));
    await expectSoundLedger(apps.studio.pool);
    await sealAll();
    expect((await apps.studio.app.get(VerifyLedger).run()).broken).toEqual([]);
  }, 120_000);

  test('a loss of more rows than one question may name is found to the row', async () => {
    const many = await apps.newPartner();
    await tell(many.key, 1, 30);
    await postgres.backUp();
    await postgres.nameThisMoment('before_many');
    await tell(many.key, 31, 730);
    await postgres.restoreTo('before_many');
    await apps.v1.app.get(WatchHeads).run();
    await relayUntilDone();
    const noticed = (await setbacks()).filter(({ external_key }) => external_key === many.key);
    expect(noticed).toMatchObject([{ rows_reopened: 700, rows: { open: 0, as_before: 700, otherwise: 0 } }]);
    expect(await compareBooks()).toMatchObject({ lost: [], doubled: [] });
  }, 120_000);

  test('credits that are gone make another outcome, which the books say; what only others lost is an alarm', async () => {
    const gone = await apps.newCreditPartner(0);
    const others = await apps.newCreditPartner(10);
    await apps.approve(await apps.submit(others.id, 2));
    await apps.relay();
    await postgres.backUp();
    await postgres.nameThisMoment('again');
    await apps.grant(gone.key, 5);
    await apps.grant(others.key, 3);
    await apps.link.setMode('refuse');
    const decided = await apps.submit(gone.id, 4);
    await apps.approve(decided);
    await apps.link.setMode('ok');
    await relayUntilDone();
    await sealAll();
    await apps.v1.app.get(WatchHeads).run();
    expect(await apps.decisions(gone.key)).toMatchObject([{ verdict: 'honoured' }]);

    await postgres.restoreTo('again');
    // Two who notice at the same time: one acts.
    await Promise.all([apps.v1.app.get(WatchHeads).run(), apps.v1.app.get(WatchHeads).run()]);
    await relayUntilDone();
    const all = await setbacks();
    const noticed = all.filter(({ external_key }) => [gone.key, others.key].some((key) => key === external_key));
    expect(noticed).toHaveLength(2);
    expect(noticed).toContainEqual(
      expect.objectContaining({
        external_key: gone.key,
        reason: 'outcome_lost',
        rows: { open: 0, as_before: 1, otherwise: 1 },
      }),
    );
    expect(noticed).toContainEqual(
      expect.objectContaining({ external_key: others.key, reason: 'seal_differs', rows_reopened: 0 }),
    );
    expect(await apps.decisions(gone.key)).toMatchObject([{ verdict: 'would_have_been_refused' }]);
    expect(await apps.commission(decided)).toMatchObject({ state: 'APPROVED', funding: { state: 'refused' } });
    await apps.v1.app.get(WatchHeads).run();
    expect(await setbacks()).toHaveLength(all.length);
    await expectSoundLedger(apps.studio.pool);
  }, 120_000);

  test('resend-since does the same by hand: counts first, sends again what it is told, and nothing happens twice', async () => {
    const asked = await apps.newCreditPartner(10);
    const start = new Date();
    const id = await apps.submit(asked.id, 3);
    await apps.approve(id);
    await apps.step(id, 'deliver');
    await apps.relay();
    const [expected, answered] = [await apps.credit(asked.key), await outcomes()];

    const parameters = ['resend-since', start.toISOString(), '--account', asked.key];
    expect(await command(...parameters, '--dry-run')).toMatchObject({ dry_run: true, rows: 4 });
    expect(await outcomes()).toEqual(answered);
    const resent = { accounts: [{ external_key: asked.key, rows: 4 }], rows: 4 };
    expect(await command(...parameters, '--actor', 'ops@tandem.test')).toMatchObject(resent);
    expect((await outcomes()).filter(({ state }) => state === 'pending')).toHaveLength(4);
    await relayUntilDone();
    expect(await outcomes()).toEqual(answered);
    expect(await apps.credit(asked.key)).toEqual(expected);
    expect(await compareBooks()).toMatchObject({ lost: [], doubled: [] });
    expect((await setbacks())[0]).toMatchObject({
      ...{ external_key: asked.key, reason: 'asked_for', actor: 'ops@tandem.test', rows_reopened: 4 },
      rows: { open: 0, as_before: 4, otherwise: 0 },
    });
    await expect(command('resend-since', '2026-05-10 10:00')).rejects.toThrow('zone');
  });

  test('rows opened again in the middle of work: what is in flight loses its lease, and still everything happens once', async () => {
    const busy = await apps.newCreditPartner(100);
    const start = new Date();
    const ids: number[] = [];
    while (ids.length < 12) ids.push(await apps.submit(busy.id, 2));
    const next = ids.values();
    let isDone = false;
    const resending = (async () => {
      while (!isDone) await command('resend-since', start.toISOString(), '--account', busy.key);
    })();
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        for (const id of next) expect(await apps.approve(id)).toMatchObject({ state: 'APPROVED' });
      }),
    );
    isDone = true;
    await resending;
    await relayUntilDone();
    expect(await compareBooks()).toMatchObject({ lost: [], doubled: [] });
    expect(await apps.credit(busy.key)).toEqual({ wallet: 100, reserved: 24, available: 76 });
    await expectSoundLedger(apps.studio.pool);
  }, 60_000);

  /** What V1's command line prints. */
  async function command(...words: string[]): Promise<unknown> {
    let printed: unknown;
    const program = createCommands({
      environment: { NODE_ENV: 'test', DATABASE_URL: apps.v1.app.get(V1Config).databaseUrl },
      print: (value) => (printed = value),
    });
    for (const each of [program, ...program.commands])
      each.exitOverride().configureOutput({ writeErr: () => undefined });
    await program.parseAsync(words, { from: 'user' });
    return printed;
  }
});

/** Figures as they should be after more was granted or held. */
function moreBy(figures: unknown, more: Partial<Record<'wallet' | 'reserved' | 'available', number>>): object {
  const known = figures as Record<'wallet' | 'reserved' | 'available', number>;
  return {
    wallet: known.wallet + (more.wallet ?? 0),
    reserved: known.reserved + (more.reserved ?? 0),
    available: known.available + (more.available ?? 0),
  };
}
