import { v1Key } from '@tandem/contracts';
import type { Assignment } from './assignment.ts';
import type {
  AssignmentRow,
  ClientRow,
  CreateAssignmentBody,
  CreatePartyBody,
  PartyRow,
  UpdateAssignmentBody,
  UpdatePartyBody,
} from './directory.dto.ts';
import type { AssignmentFields, PartyFields } from './directory.store.ts';
import type { Client, Party, PartyKind } from './party.ts';

/** A partner or client as it goes over the wire. */
export function partyToContract(kind: PartyKind, party: Party): PartyRow {
  return {
    id: party.id,
    name: party.name,
    email: party.email,
    active: party.active,
    external_key: v1Key(kind, party.id),
    version: party.version,
    created_at: party.createdAt.toISOString(),
    updated_at: party.updatedAt.toISOString(),
  };
}

export function clientToContract(client: Client): ClientRow {
  return { ...partyToContract('client', client), workspace_id: client.workspaceId };
}

export function assignmentToContract(assignment: Assignment): AssignmentRow {
  return {
    id: assignment.id,
    code: assignment.code,
    title: assignment.title,
    client_id: assignment.clientId,
    partner_id: assignment.partnerId,
    status: assignment.status,
    external_key: v1Key('assignment', assignment.id),
    version: assignment.version,
    created_at: assignment.createdAt.toISOString(),
    updated_at: assignment.updatedAt.toISOString(),
  };
}

export function partyFromContract(body: CreatePartyBody): PartyFields {
  return { name: body.name, email: body.email ?? null, active: body.active ?? true };
}

export function assignmentFromContract(body: CreateAssignmentBody): AssignmentFields {
  return {
    code: body.code,
    title: body.title,
    clientId: body.client_id ?? null,
    partnerId: body.partner_id ?? null,
    status: body.status ?? 'OPEN',
  };
}

/** Only the fields the body names: an absent one is left as it is, null clears. */
export function partyChangeFromContract(body: UpdatePartyBody): Partial<PartyFields> {
  return {
    ...(body.name !== undefined && { name: body.name }),
    ...(body.email !== undefined && { email: body.email }),
    ...(body.active !== undefined && { active: body.active }),
  };
}

/** Only the fields the body names: an absent one is left as it is, null clears. */
export function assignmentChangeFromContract(body: UpdateAssignmentBody): Partial<Omit<AssignmentFields, 'code'>> {
  return {
    ...(body.title !== undefined && { title: body.title }),
    ...(body.client_id !== undefined && { clientId: body.client_id }),
    ...(body.partner_id !== undefined && { partnerId: body.partner_id }),
    ...(body.status !== undefined && { status: body.status }),
  };
}
