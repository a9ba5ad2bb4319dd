import { ServiceClient } from './demo/service-client.ts';
import { backdateInvoices } from './demo-world/backdate-invoices.ts';
import { LAST_ASSIGNMENT, PARTIES } from './demo-world/cast.ts';
import { enrolledAccounts, ensureAccounts } from './demo-world/fill-studio.ts';
import {
  ensureAssignment,
  ensureAssignments,
  ensureCommissions,
  ensureInvoices,
  ensureParties,
} from './demo-world/fill-v1.ts';
import { linkPublisher } from './demo-world/link-publisher.ts';
import { userOf } from './demo/user-of.ts';
import type { StackDescription } from './stack/stack.ts';

/**
 * Fills a running stack with a small business, through the public APIs and as the demo users. A world that is complete
 * is left as people have made it; one a killed start left half-way is completed.
 */
export async function buildDemoWorld(stack: StackDescription): Promise<StackDescription['accounts']> {
  const [v1, studio] = await Promise.all([
    ServiceClient.signIn(stack.v1.url, userOf(stack, 'v1', 'admin')),
    ServiceClient.signIn(stack.studio.url, userOf(stack, 'studio', 'operator')),
  ]);
  if (!(await isComplete(v1))) {
    const parties = await ensureParties(v1);
    await ensureAccounts(studio, parties);
    await linkPublisher(stack.databases.v1, userOf(stack, 'v1', 'publisher').email, firstClientOf(parties));
    await ensureAssignments(v1, parties);
    await backdateInvoices(stack.databases.v1, await ensureInvoices(v1, parties));
    await ensureCommissions(v1, parties);
    await ensureAssignment(v1, parties, LAST_ASSIGNMENT);
  }
  return enrolledAccounts(studio);
}

function firstClientOf(parties: ReadonlyMap<string, { id: number }>): number {
  const name = PARTIES.find(({ kind }) => kind === 'client')?.name;
  const id = parties.get(name ?? '')?.id;
  if (id === undefined) throw new Error('The demo world has no client.');
  return id;
}

async function isComplete(v1: ServiceClient): Promise<boolean> {
  const { items } = await v1.get<{ items: { code: string }[] }>(`/v1/assignments?q=${LAST_ASSIGNMENT.code}`);
  return items.some(({ code }) => code === LAST_ASSIGNMENT.code);
}
