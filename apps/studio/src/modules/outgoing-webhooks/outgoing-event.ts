/** Events an endpoint may subscribe to. */
export const OUTGOING_EVENT_TYPES = ['account.low_balance', 'account.balance_recovered'] as const;
export type OutgoingEventType = (typeof OUTGOING_EVENT_TYPES)[number];

/** Sent by hand to one endpoint, whatever it subscribed to. */
export const TEST_EVENT_TYPE = 'webhook.test';

/** Something other systems may want to know. */
export interface OutgoingEvent {
  readonly type: OutgoingEventType | typeof TEST_EVENT_TYPE;
  /** Null for what is about no account. */
  readonly accountId: string | null;
  readonly occurredAt: Date;
  /** Amounts of credits as decimal texts. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** The body of every try, in the form the Standard Webhooks specification recommends. */
export function bodyOf(event: OutgoingEvent): string {
  return JSON.stringify({ type: event.type, timestamp: event.occurredAt.toISOString(), data: event.data });
}

/** The same for each try of a message and for each endpoint: receivers drop repeats by it. */
export function webhookIdOf(messageId: string): string {
  return `msg_${messageId}`;
}
