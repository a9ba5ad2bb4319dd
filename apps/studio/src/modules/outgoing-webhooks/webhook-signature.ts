import { createHmac, randomBytes } from 'node:crypto';

const SECRET_PREFIX = 'whsec_';
/** The specification asks for 24 to 64 bytes. */
const SECRET_BYTES = 32;

/** A new signing secret in the form receivers' libraries read. */
export function newWebhookSecret(): string {
  return SECRET_PREFIX + randomBytes(SECRET_BYTES).toString('base64');
}

/** One try of one message, as it is signed. */
export interface SignedContent {
  readonly webhookId: string;
  /** Seconds since 1970, of the try. */
  readonly timestamp: number;
  readonly body: string;
}

/**
 * Headers of the Standard Webhooks specification. With several secrets the signature header carries one signature each,
 * so a receiver may know the old secret or the new one while it changes over.
 */
export function signatureHeaders(content: SignedContent, secrets: readonly string[]): Record<string, string> {
  const signed = `${content.webhookId}.${content.timestamp}.${content.body}`;
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64');
    return `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
  });
  return {
    'webhook-id': content.webhookId,
    'webhook-timestamp': String(content.timestamp),
    'webhook-signature': signatures.join(' '),
  };
}
