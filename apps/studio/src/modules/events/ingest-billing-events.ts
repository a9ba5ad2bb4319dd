import { Injectable } from '@nestjs/common';
import type { BillingEventRequest } from '@tandem/contracts';
import { DomainError, ValidationError } from '@tandem/platform/errors';
import { newId } from '@tandem/platform/ids';
import { isUUID } from 'class-validator';
import {
  accountOfNames,
  AccountResolver,
  type NamespaceBound,
  type SelectedAccount,
} from '../accounts/account-selector.ts';
import { checkEvent, occurredAtOf } from './check-event.ts';
import { toBillingEventRow } from './event.convert.ts';
import { eventDigest } from './event-digest.ts';
import type { EventOutcome } from './event-outcome.ts';
import { EventStore, type IngestedEventSqlRow, type IntakeItem } from './event.store.ts';

/** The service that sends, as its token says. */
export interface EventSender extends NamespaceBound {
  readonly client: string;
}

/** Stores facts other systems send, each once, and answers one outcome per item in the order sent. */
@Injectable()
export class IngestBillingEvents {
  constructor(
    private readonly store: EventStore,
    private readonly accounts: AccountResolver,
  ) {}

  /** A bad item is refused alone; the others are stored together, in one transaction. */
  async run(sender: EventSender, inputs: readonly unknown[]): Promise<EventOutcome[]> {
    const keys = await this.keysOf(idsWithoutKey(inputs));
    const read = inputs.map((input) => tryToRead(sender, keys, input));
    const items = read.filter((item): item is IntakeItem => !(item instanceof DomainError));
    const rows = items.length === 0 ? [] : await this.store.ingest(sender.client, items);
    const rowOf = new Map(rows.map((row) => [row.sent_id, row]));
    return read.map((item): EventOutcome => {
      if (item instanceof DomainError) return { kind: 'refused', refusal: item };
      const row = rowOf.get(item.event_id);
      if (row === undefined) throw new Error(`event intake lost event ${item.event_id}`);
      return toOutcome(item, row);
    });
  }

  /** Keys of the accounts that events name by id alone: seldom any. */
  private keysOf(ids: readonly string[]): ReadonlyMap<string, string> | Promise<ReadonlyMap<string, string>> {
    return ids.length === 0 ? new Map<string, string>() : this.accounts.keysOf(ids);
  }
}

/** Ids that stand alone, so that their keys can be read at once. What is not an id is refused later, by its own check. */
function idsWithoutKey(inputs: readonly unknown[]): string[] {
  const ids = new Set<string>();
  for (const input of inputs) {
    const { account_id: id, external_account_key: key } = (input ?? {}) as Partial<Record<string, unknown>>;
    if (typeof id === 'string' && key == null && isUUID(id)) ids.add(id.toLowerCase());
  }
  return [...ids];
}

/** The event, or why it is refused. */
function tryToRead(sender: EventSender, keys: ReadonlyMap<string, string>, input: unknown): IntakeItem | DomainError {
  try {
    return toIntakeItem(sender, keys, input);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return error;
  }
}

function toIntakeItem(sender: EventSender, keys: ReadonlyMap<string, string>, input: unknown): IntakeItem {
  const event = checkEvent(input);
  if (event.idempotency_key === undefined) {
    throw new DomainError('idempotency_key_required', 'idempotency_key is required');
  }
  const { accountId, externalKey } = accountOf(event, keys, sender.namespace);
  const { source_system, event_type } = event;
  const payload = event.payload_json ?? {};
  const occurred_at = occurredAtOf(event);
  return {
    event_id: newId(),
    account_id: accountId,
    external_key: externalKey,
    source_system,
    event_type,
    idempotency_key: event.idempotency_key,
    digest: eventDigest({ source_system, event_type, account_id: accountId, payload, occurred_at }),
    payload,
    occurred_at,
  };
}

/** An unknown key is accepted and collects its events; an unknown id cannot, for it names no key. */
function accountOf(
  event: BillingEventRequest,
  keys: ReadonlyMap<string, string>,
  namespace: string | null,
): Required<SelectedAccount> {
  const { account_id, external_account_key } = event;
  const external_key = external_account_key ?? keys.get(account_id?.toLowerCase() ?? '');
  if (external_key === undefined) {
    const message = 'account_id is not known; send external_account_key for an account that is new';
    throw new ValidationError([{ path: 'account_id', message }], message);
  }
  return accountOfNames({ account_id, external_key }, namespace);
}

function toOutcome(item: IntakeItem, row: IngestedEventSqlRow): EventOutcome {
  if (row.outcome === 'reused') {
    return {
      kind: 'refused',
      refusal: new DomainError('idempotency_key_reused', 'idempotency_key was used for another event of this account'),
    };
  }
  return { kind: row.outcome, event: toBillingEventRow(item, row) };
}
