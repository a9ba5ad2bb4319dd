import type { ServiceClient } from '../demo/service-client.ts';
import { HttpRefusal } from '../demo/service-client.ts';
import { ASSIGNMENTS, COMMISSIONS, INVOICES, PARTIES, type Assignment, type Commission, type Invoice } from './cast.ts';

export interface KnownParty {
  readonly id: number;
  readonly external_key: string;
}

/** The parties of the world by name, made where they are missing. */
export async function ensureParties(v1: ServiceClient): Promise<Map<string, KnownParty>> {
  const parties = new Map<string, KnownParty>();
  for (const { kind, name, email } of PARTIES) {
    const path = `/v1/${kind}s`;
    const found = await v1.get<{ items: (KnownParty & { name: string })[] }>(
      `${path}?q=${encodeURIComponent(name)}&limit=100`,
    );
    const known = found.items.find((item) => item.name === name);
    parties.set(name, known ?? (await v1.post<KnownParty>(path, { name, email })));
  }
  return parties;
}

export async function ensureAssignments(v1: ServiceClient, parties: Map<string, KnownParty>): Promise<void> {
  for (const assignment of ASSIGNMENTS) await ensureAssignment(v1, parties, assignment);
}

export async function ensureAssignment(
  v1: ServiceClient,
  parties: Map<string, KnownParty>,
  { code, title, client, partner }: Assignment,
): Promise<void> {
  try {
    await v1.post('/v1/assignments', {
      code,
      title,
      client_id: idOf(parties, client),
      partner_id: partner === undefined ? null : idOf(parties, partner),
    });
  } catch (error) {
    if (!(error instanceof HttpRefusal) || error.code !== 'already_exists') throw error;
  }
}

/**
 * Invoices with their payments. Steps a killed start has done already are refused or replayed, never done twice.
 * @returns ids of the invoices that are to be late, with the days.
 */
export async function ensureInvoices(
  v1: ServiceClient,
  parties: Map<string, KnownParty>,
): Promise<Map<number, number>> {
  const late = new Map<number, number>();
  const known = await v1.get<{ invoices: { invoice_id: number; memo: string | null }[] }>(
    '/v1/billing/invoices?limit=100',
  );
  for (const invoice of INVOICES) {
    const memo = `Our reference ${invoice.reference}`;
    const id =
      known.invoices.find((row) => row.memo === memo)?.invoice_id ?? (await createInvoice(v1, parties, invoice, memo));
    for (const [index, step] of invoice.steps.entries()) {
      await stepUnlessDone(() => takeInvoiceStep(v1, id, step, `demo-world:${invoice.reference}:${index}`));
    }
    if (invoice.issuedDaysAgo !== undefined) late.set(id, invoice.issuedDaysAgo);
  }
  return late;
}

async function createInvoice(
  v1: ServiceClient,
  parties: Map<string, KnownParty>,
  { payer, description, unitPrice }: Invoice,
  memo: string,
): Promise<number> {
  const { invoice_id } = await v1.post<{ invoice_id: number }>('/v1/billing/invoices', {
    [payerField(payer)]: idOf(parties, payer),
    currency: 'INR',
    lines: [{ description, unit_price: unitPrice, tax_rate_bp: 1800 }],
    memo,
  });
  return invoice_id;
}

async function takeInvoiceStep(v1: ServiceClient, id: number, step: string, key: string): Promise<void> {
  const [name = '', ...rest] = step.split(':');
  const path = `/v1/billing/invoices/${id}`;
  if (name === 'pay') {
    const [amount, mode, reference_no] = rest;
    await v1.post(`${path}/payments`, { amount, mode, reference_no }, { 'idempotency-key': key });
  } else {
    await v1.post(`${path}/${name}`, name === 'void' ? { reason: rest.join(':') } : {});
  }
}

/** Commissions in several states. Studio's accounts must be there: approving reserves credits. */
export async function ensureCommissions(v1: ServiceClient, parties: Map<string, KnownParty>): Promise<void> {
  for (const commission of COMMISSIONS) {
    const found = await v1.get<{ commissions: { id: number; title: string }[] }>(
      `/v1/commissions?limit=100&q=${encodeURIComponent(commission.title)}`,
    );
    const id =
      found.commissions.find((row) => row.title === commission.title)?.id ??
      (await submitCommission(v1, parties, commission));
    for (const step of commission.steps) {
      const [name = '', ...reason] = step.split(':');
      const body = reason.length === 0 ? {} : { reason: reason.join(':') };
      await stepUnlessDone(() => v1.post(`/v1/commissions/${id}/${name}`, body));
    }
  }
}

async function submitCommission(
  v1: ServiceClient,
  parties: Map<string, KnownParty>,
  { title, payer, cost, fees }: Commission,
): Promise<number> {
  const { id } = await v1.post<{ id: number }>('/v1/commissions', {
    title,
    [payerField(payer)]: idOf(parties, payer),
    fees,
    credit_cost: cost,
  });
  return id;
}

/** A start that was killed half-way has taken some steps: those are refused now, which is as it should be. */
async function stepUnlessDone(step: () => Promise<unknown>): Promise<void> {
  try {
    await step();
  } catch (error) {
    if (!(error instanceof HttpRefusal) || error.code !== 'invalid_transition') throw error;
  }
}

function payerField(name: string): 'partner_id' | 'client_id' {
  return PARTIES.find((party) => party.name === name)?.kind === 'partner' ? 'partner_id' : 'client_id';
}

function idOf(parties: Map<string, KnownParty>, name: string): number {
  const party = parties.get(name);
  if (!party) throw new Error(`${name} is not in the cast of the demo world`);
  return party.id;
}
