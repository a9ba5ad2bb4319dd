import { beforeAll, describe, expect, test } from '@jest/globals';
import { useV1 } from '../support/v1-under-test.ts';

const v1 = useV1();

/** Two clients with one assignment, one draft and one part-paid invoice each, and a publisher of each. */
interface World {
  client: number;
  assignment: number;
  draft: number;
  invoice: number;
  payment: number;
  publisher: { token: string };
}
let own: World;
let other: World;

async function buildWorld(name: string): Promise<World> {
  const client = await v1.newClient(name);
  const assignment = await v1.post('/v1/assignments', { code: name, title: name, client_id: client }).expect(201);
  const draft = await v1.newDraft(client);
  const invoice = await v1.newIssued(client);
  const receipt = await v1.post(`/v1/billing/invoices/${invoice}/payments`, { amount: '1.00' }).expect(201);
  return {
    client,
    assignment: (assignment.body as { id: number }).id,
    draft,
    invoice,
    payment: (receipt.body as { payment: { payment_id: number } }).payment.payment_id,
    publisher: { token: await v1.signIn('publisher', client) },
  };
}

beforeAll(async () => {
  own = await buildWorld('own');
  other = await buildWorld('other');
  await v1.post('/v1/partners', { name: 'Partner' }).expect(201);
});

const WRITES = [
  ['post', '/v1/partners', { name: 'x' }],
  ['patch', '/v1/partners/1', { version: 1, name: 'x' }],
  ['post', '/v1/clients', { name: 'x' }],
  ['patch', '/v1/clients/1', { version: 1, name: 'x' }],
  ['post', '/v1/assignments', { code: 'x', title: 'x' }],
  ['patch', '/v1/assignments/1', { version: 1, title: 'x' }],
  ['post', '/v1/billing/invoices', { client_id: 1, lines: [{ description: 'x', unit_price: '1' }] }],
  ['post', '/v1/billing/invoices/1/issue', {}],
  ['post', '/v1/billing/invoices/1/send', {}],
  ['post', '/v1/billing/invoices/1/void', { reason: 'x' }],
  ['post', '/v1/billing/invoices/1/payments', { amount: '1' }],
] as const;
const LISTS = ['/v1/clients', '/v1/assignments', '/v1/billing/invoices', '/v1/payments'] as const;
const READS = [...LISTS, '/v1/partners'] as const;

describe('who may do what', () => {
  test.each([...WRITES, ...READS.map((path) => ['get', path, undefined] as const)])(
    '401 for nobody: %s %s',
    async (verb, path, body) => {
      await v1.as(null, verb, path).send(body).expect(401);
    },
  );

  test.each(WRITES)('403 for readonly and publisher: %s %s', async (verb, path, body) => {
    await v1.as('readonly', verb, path).send(body).expect(403);
    await v1.as(own.publisher, verb, path).send(body).expect(403);
  });

  test.each(READS)('staff and readonly may read %s', async (path) => {
    await v1.as('staff', 'get', path).expect(200);
    await v1.as('readonly', 'get', path).expect(200);
  });

  test('staff may do what admin may', async () => {
    const created = await v1.as('staff', 'post', '/v1/clients').send({ name: 'By staff' }).expect(201);
    const { id } = created.body as { id: number };
    await v1.as('staff', 'patch', `/v1/clients/${id}`).send({ version: 1, name: 'Renamed' }).expect(200);
  });

  test('a service token reads invoices with its scope and nothing else', async () => {
    const reader = await v1.issueServiceToken(['invoices:read']);
    await v1.as(null, 'get', `/v1/billing/invoices/${own.invoice}`).set('x-api-key', reader.token).expect(200);
    await v1.as(reader, 'get', '/v1/payments').expect(403);
    await v1.as(reader, 'post', `/v1/billing/invoices/${own.draft}/issue`).expect(403);
    await v1.as(await v1.issueServiceToken(['usage:write']), 'get', '/v1/billing/invoices').expect(403);
    await v1.as(null, 'get', '/v1/billing/invoices').set('x-api-key', 'tdm_wrong').expect(401);
  });
});

describe('a publisher', () => {
  test('finds every row of its own client, and of another one only the same 404 as for nothing', async () => {
    const paths = (world: World) => [
      `/v1/clients/${world.client}`,
      `/v1/assignments/${world.assignment}`,
      `/v1/billing/invoices/${world.invoice}`,
    ];
    for (const path of paths(own)) await v1.as(own.publisher, 'get', path).expect(200);
    for (const path of paths(other)) {
      const foreign = await v1.as(own.publisher, 'get', path).expect(404);
      const missing = await v1.as(own.publisher, 'get', path.replace(/\d+$/, '999999')).expect(404);
      const say = (body: Record<string, unknown>) => ({ ...body, instance: '', request_id: '' });
      expect(say(foreign.body)).toEqual(say(missing.body));
    }
  });

  test('lists only rows of its own client, whatever it asks for', async () => {
    const list = async (path: string) => {
      const { body } = await v1.as(own.publisher, 'get', path).expect(200);
      const { items, invoices } = body as Record<string, Record<string, number>[] | undefined>;
      return (items ?? invoices ?? []).map((row) => row['payment_id'] ?? row['invoice_id'] ?? row['id']);
    };
    expect(await list('/v1/clients')).toEqual([own.client]);
    expect(await list('/v1/assignments')).toEqual([own.assignment]);
    expect(await list('/v1/billing/invoices')).toEqual([own.invoice]);
    expect(await list('/v1/payments')).toEqual([own.payment]);
    expect(await list('/v1/clients?q=other')).toEqual([]);
    expect(await list(`/v1/payments?invoice_id=${other.invoice}`)).toEqual([]);
    expect(await list('/v1/billing/invoices?q=other')).toEqual([]);
  });

  test('sees no drafts, no partners, and not who of the staff did what', async () => {
    await v1.as(own.publisher, 'get', `/v1/billing/invoices/${own.draft}`).expect(404);
    await v1.as(own.publisher, 'get', '/v1/billing/invoices?status=draft').expect(200, /"invoices":\[\]/);
    await v1.as(own.publisher, 'get', '/v1/partners').expect(403);
    const { text } = await v1.as(own.publisher, 'get', `/v1/billing/invoices/${own.invoice}`).expect(200);
    expect(text).not.toContain('@tandem.test');
    const { text: payments } = await v1.as(own.publisher, 'get', '/v1/payments').expect(200);
    expect(payments).not.toContain('@tandem.test');
  });

  test('without a client sees nothing', async () => {
    const nobody = { token: await v1.signIn('publisher', null) };
    for (const path of LISTS) {
      const { body } = await v1.as(nobody, 'get', path).expect(200);
      const { items, invoices } = body as { items?: object[]; invoices?: object[] };
      expect(items ?? invoices).toEqual([]);
    }
  });
});

describe('the directory', () => {
  test('names are normalised, changed under their version, and audited', async () => {
    const decomposed = 'Cafe\u0301 ';
    const created = await v1.post('/v1/partners', { name: decomposed, email: 'a@b.test' }).expect(201);
    expect(created.body).toMatchObject({ name: 'Caf\u00e9', version: 1, active: true });
    const { id } = created.body as { id: number };
    expect(created.body).toMatchObject({ external_key: `v1:partner:${id}` });
    const change = { version: 1, email: null, active: false };
    const changed = await v1.as('admin', 'patch', `/v1/partners/${id}`).send(change).expect(200);
    expect(changed.body).toMatchObject({ name: 'Caf\u00e9', email: null, active: false, version: 2 });
    const stale = await v1.as('admin', 'patch', `/v1/partners/${id}`).send(change).expect(409);
    expect(stale.body).toMatchObject({ code: 'stale_version', current_version: 2 });
    const audit = await v1.rows(`SELECT event_type FROM billing_audit WHERE data->>'id' = $1 ORDER BY id`, [
      String(id),
    ]);
    expect(audit).toEqual(
      expect.arrayContaining([{ event_type: 'partner_created' }, { event_type: 'partner_updated' }]),
    );
  });

  test('20 changes made from one copy at once: one wins', async () => {
    const id = await v1.newClient();
    const statuses = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        v1
          .as('admin', 'patch', `/v1/clients/${id}`)
          .send({ version: 1, name: `Name ${index}` })
          .then(({ status }) => status),
      ),
    );
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 409)).toHaveLength(19);
  });

  test('10 assignments of one code at once: one is made', async () => {
    const statuses = await Promise.all(
      Array.from({ length: 10 }, () =>
        v1.post('/v1/assignments', { code: 'ONCE', title: 'x' }).then(({ status }) => status),
      ),
    );
    expect(statuses.sort()).toEqual([201, ...Array<number>(9).fill(409)]);
  });

  test.each([
    ['/v1/partners', { name: '' }],
    ['/v1/partners', { name: 'a\u0007b' }],
    ['/v1/partners', { name: 'x', email: 'nobody' }],
    ['/v1/partners', { name: 'x', version: 3 }],
    ['/v1/assignments', { code: 'with space', title: 'x' }],
    ['/v1/assignments', { code: 'ok', title: 'x', client_id: 999_999 }],
    ['/v1/assignments', { code: 'ok', title: 'x', client_id: '1' }],
  ])('400 for %s %j', async (path, body) => {
    await v1.post(path, body).expect(400);
  });

  test('404 for changing what does not exist', async () => {
    for (const [path, body] of [
      ['/v1/partners/999999', { version: 1, name: 'x' }],
      ['/v1/clients/999999', { version: 1, name: 'x' }],
      ['/v1/assignments/999999', { version: 1, title: 'x' }],
    ] as const) {
      await v1.as('admin', 'patch', path).send(body).expect(404);
    }
  });

  test('is read page by page in name order, also when names repeat', async () => {
    const ids: number[] = [];
    for (const name of ['page a', 'page b', 'page b', 'page b', 'page c']) ids.push(await v1.newClient(name));
    const seen: number[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const { body } = await v1
        .get(`/v1/clients?q=PAGE%20&limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`)
        .expect(200);
      const page = body as { items: { id: number }[]; next_cursor: string | null };
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.next_cursor;
    }
    expect(seen).toEqual(ids);
  });
});

describe('the application', () => {
  test('says who it is and what is switched on to anybody, under both prefixes', async () => {
    for (const path of ['/v1/meta', '/api/v1/meta', '/api/v1/meta/info']) {
      const { body } = await v1.as(null, 'get', path).expect(200);
      expect(body).toMatchObject({ app: 'tandem-v1', environment: 'test', default_billing_mode: 'POSTPAID' });
    }
    const features = await v1.as(null, 'get', '/api/v1/meta/features').expect(200);
    expect(features.body).toMatchObject({ success: true, billingEnabled: true, data: { billing: true } });
  });

  test('is alive and ready without Studio', async () => {
    await v1.as(null, 'get', '/health').expect(200);
    await v1.as(null, 'get', '/readyz').expect(200);
  });

  test('documents every endpoint of its business modules', async () => {
    const { body } = await v1.as(null, 'get', '/docs-json').expect(200);
    const { paths } = body as { paths: Record<string, Record<string, { summary?: string; responses: object }>> };
    const documented = Object.entries(paths).filter(([path]) => path.startsWith('/v1/'));
    expect(documented.length).toBeGreaterThan(15);
    const unexplained = documented.flatMap(([path, verbs]) =>
      Object.entries(verbs)
        .filter(([, operation]) => !operation.summary)
        .map(([verb]) => `${verb} ${path}`),
    );
    expect(unexplained).toEqual([]);
  });
});
