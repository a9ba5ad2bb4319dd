import { Injectable } from '@nestjs/common';
import type { BillingEventRequest } from '@tandem/contracts';
import { UnitOfWork } from '@tandem/platform/database/unit-of-work';
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
import { toBillingEventRow, type IngestedEventSqlRow } from './event.convert.ts';
import { eventDigest } from './event-digest.ts';
import type { EventOutcome } from './event-outcome.ts';

/** The service that sends, as its token says. */
export interface EventSender extends NamespaceBound {
  readonly client: string;
}

/** One checked event in the form `ingest_billing_events` reads. */
interface IntakeItem {
  readonly item: number;
  readonly account_id: string;
  readonly external_key: string;
  readonly event_id: string;
  readonly source_system: string;
  readonly event_type: string;
  readonly idempotency_key: string;
  readonly digest: string;
  readonly client: string;
  readonly payload: Record<string, unknown>;
  readonly occurred_at: string | null;
}

/** Stores facts other systems send, each once, and answers one outcome per item in the order sent. */
@Injectable()
export class IngestBillingEvents {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly accounts: AccountResolver,
  ) {}

  /** A bad item is refused alone; the others are stored together, in one transaction. */
  async run(sender: EventSender, inputs: readonly unknown[]): Promise<EventOutcome[]> {
    const keys = await this.accounts.keysOf(idsWithoutKey(inputs));
    const outcomes = new Array<EventOutcome>(inputs.length);
    const items: IntakeItem[] = [];
    for (const [item, input] of inputs.entries()) {
      try {
        items.push(toIntakeItem({ sender, keys, item, input }));
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
        outcomes[item] = { kind: 'refused', refusal: error };
      }
    }
    for (const row of await this.ingest(items)) outcomes[row.item] = toOutcome(row);
    for (const { item } of items) {
      if (outcomes[item] === undefined) throw new Error(`event intake lost item ${item}`);
    }
    return outcomes;
  }

  private async ingest(items: readonly IntakeItem[]): Promise<IngestedEventSqlRow[]> {
    if (items.length === 0) return [];
    return this.uow.run((tx) =>
      tx.query<IngestedEventSqlRow>('SELECT * FROM ingest_billing_events($1::jsonb)', [JSON.stringify(items)]),
    );
  }
}

/** Ids that stand alone, so that their keys can be read at once. What is not an id is refused later, by its own check. */
function idsWithoutKey(inputs: readonly unknown[]): string[] {
  const ids = inputs.map((input) => {
    const { account_id: id, external_account_key: key } = (input ?? {}) as Partial<Record<string, unknown>>;
    return typeof id === 'string' && key === undefined && isUUID(id) ? id.toLowerCase() : undefined;
  });
  return [...new Set(ids.filter((id) => id !== undefined))];
}

interface IntakeInput {
  readonly sender: EventSender;
  /** Keys of the accounts that events name by id alone. */
  readonly keys: ReadonlyMap<string, string>;
  readonly item: number;
  readonly input: unknown;
}

function toIntakeItem({ sender, keys, item, input }: IntakeInput): IntakeItem {
  const event = checkEvent(input);
  if (event.idempotency_key === undefined) {
    throw new DomainError('idempotency_key_required', 'idempotency_key is required');
  }
  const account = accountOf(event, keys, sender.namespace);
  const fact = {
    source_system: event.source_system,
    event_type: event.event_type,
    account_id: account.accountId,
    payload: event.payload_json ?? {},
    occurred_at: occurredAtOf(event),
  };
  return {
    ...fact,
    item,
    external_key: account.externalKey,
    event_id: newId(),
    idempotency_key: event.idempotency_key,
    digest: eventDigest(fact),
    client: sender.client,
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

function toOutcome(row: IngestedEventSqlRow): EventOutcome {
  if (row.outcome === 'reused') {
    return {
      kind: 'refused',
      refusal: new DomainError('idempotency_key_reused', 'idempotency_key was used for another event of this account'),
    };
  }
  return { kind: row.outcome, event: toBillingEventRow(row) };
}
