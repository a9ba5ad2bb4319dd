import { describe, expect, test } from '@jest/globals';
import { useV1 } from '../support/v1-under-test.ts';

const v1 = useV1();
let made = 0;

interface Commission {
  id: number;
  version: number;
}

async function newPartner(): Promise<number> {
  const { body } = await v1.post('/v1/partners', { name: 'Channel' }).expect(201);
  return (body as { id: number }).id;
}

async function newAssignment(parties: { client_id?: number; partner_id?: number }): Promise<number> {
  made += 1;
  const { body } = await v1.post('/v1/assignments', { code: `JOB-${made}`, title: 'Job', ...parties }).expect(201);
  return (body as { id: number }).id;
}

/** A new commission; its title is one of its own. */
async function submit(fields: object): Promise<Commission> {
  made += 1;
  const { body } = await v1.post('/v1/commissions', { title: `Work ${made}`, ...fields }).expect(201);
  return body as Commission;
}

const step = (id: number, name: string) =>
  v1
    .post(`/v1/commissions/${id}/${name}`, { reason: 'test' })
    .expect(200)
    .then(({ body }) => body as Commission);
const edit = ({ id, version }: Commission, change: object) =>
  v1.as('admin', 'patch', `/v1/commissions/${id}`).send({ version, ...change });

describe('who pays for commissioned work', () => {
  test("work that names only an assignment is charged to the account of the assignment's partner", async () => {
    const [client_id, partner_id] = [await v1.newClient(), await newPartner()];
    const assignment_id = await newAssignment({ client_id, partner_id });
    const commission = await submit({ assignment_id });
    expect(commission).toMatchObject({ assignment_id, client_id, partner_id });
    const { body } = await v1.post(`/v1/commissions/${commission.id}/approve`, {}).expect(200);
    expect(body).toMatchObject({ state: 'APPROVED', external_key: `v1:partner:${partner_id}` });
  });

  test("a partner left out on purpose leaves the work to the assignment's client", async () => {
    const [client_id, partner_id] = [await v1.newClient(), await newPartner()];
    const commission = await submit({
      assignment_id: await newAssignment({ client_id, partner_id }),
      partner_id: null,
    });
    expect(commission).toMatchObject({ client_id, partner_id: null });
    const { body } = await v1.post(`/v1/commissions/${commission.id}/approve`, {}).expect(200);
    expect(body).toMatchObject({ external_key: `v1:client:${client_id}` });
  });

  test('an assignment of another client is 400 at submission and when the client is corrected', async () => {
    const [own, stranger] = [await v1.newClient(), await v1.newClient('Stranger')];
    const assignment_id = await newAssignment({ client_id: own });
    const { body } = await v1.post('/v1/commissions', { title: 'x', assignment_id, client_id: stranger }).expect(400);
    expect(body).toMatchObject({ errors: [{ path: 'assignment_id' }] });
    const commission = await submit({ assignment_id });
    await edit(commission, { client_id: stranger }).expect(400);
    await edit(commission, { client_id: null }).expect(400);
  });

  test('400 when nobody could pay, or the assignment is unknown', async () => {
    for (const parties of [{}, { partner_id: null, client_id: null, assignment_id: null }]) {
      const { body } = await v1.post('/v1/commissions', { title: 'x', ...parties }).expect(400);
      expect(body).toMatchObject({ errors: [{ path: 'partner_id' }] });
    }
    await v1.post('/v1/commissions', { title: 'x', assignment_id: 999_999 }).expect(400);
  });
});

describe('correcting a commission', () => {
  test('taking away the last one who could pay is 400, and nothing changes', async () => {
    const commission = await submit({ partner_id: await newPartner() });
    const { body } = await edit(commission, { partner_id: null }).expect(400);
    expect(body).toMatchObject({ code: 'validation_failed', errors: [{ path: 'partner_id' }] });
    const after = await v1.get(`/v1/commissions/${commission.id}`).expect(200);
    expect(after.body).toMatchObject(commission);
    await edit(commission, { partner_id: null, client_id: await v1.newClient() }).expect(200);
  });

  test.each([
    ['SUBMITTED', []],
    ['NEEDS_INFORMATION', ['needs-information']],
    ['APPROVED', ['approve']],
  ])('title, partner and client may be corrected while it is %s', async (state, steps) => {
    let commission = await submit({ partner_id: await newPartner() });
    for (const name of steps) commission = await step(commission.id, name);
    const change = { title: 'Corrected', partner_id: await newPartner(), client_id: await v1.newClient() };
    const { body } = await edit(commission, change).expect(200);
    expect(body).toMatchObject({ ...change, state, version: commission.version + 1 });
  });

  test.each([
    ['REJECTED', ['reject']],
    ['DELIVERED', ['approve', 'deliver']],
    ['CANCELLED', ['cancel']],
  ])('409 once it is %s, and nothing changes', async (state, steps) => {
    let commission = await submit({ partner_id: await newPartner() });
    for (const name of steps) {
      const body = name === 'deliver' ? {} : { reason: 'test' };
      commission = (await v1.post(`/v1/commissions/${commission.id}/${name}`, body).expect(200)).body as Commission;
    }
    const { body } = await edit(commission, { title: 'Too late' }).expect(409);
    expect(body).toMatchObject({ code: 'invalid_transition', state });
    const after = await v1.get(`/v1/commissions/${commission.id}`).expect(200);
    expect(after.body).toMatchObject({ version: commission.version, state });
  });

  test('409 in_flight while an approval asks Studio', async () => {
    const partner_id = await newPartner();
    const { id } = await submit({ partner_id });
    // As a process leaves it that died between the intent and the answer.
    await v1.rows(
      `UPDATE commissions SET state = 'APPROVING', account_key = $2, acceptance = 1, intent = '{}', intent_at = now()
        WHERE id = $1`,
      [id, `v1:partner:${partner_id}`],
    );
    const { body } = await edit({ id, version: 1 }, { title: 'Meanwhile' }).expect(409);
    expect(body).toMatchObject({ code: 'in_flight' });
  });

  test('a correction that names no field is no fault of the server', async () => {
    await edit(await submit({ partner_id: await newPartner() }), {}).expect(200);
  });
});
