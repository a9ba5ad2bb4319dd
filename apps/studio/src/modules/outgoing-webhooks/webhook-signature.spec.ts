import { describe, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { newWebhookSecret, signatureHeaders } from './webhook-signature.ts';

const now = Math.floor(Date.now() / 1000);
const content = { webhookId: 'msg_1', timestamp: now, body: '{"type":"a","data":{"name":"Zoë €"}}' };

describe('signatureHeaders', () => {
  test('are accepted by an independent verifier, and refused for one changed byte, id or time', () => {
    const secret = newWebhookSecret();
    const headers = signatureHeaders(content, [secret]);
    const verifier = new Webhook(secret);
    expect(verifier.verify(content.body, headers)).toEqual(JSON.parse(content.body));
    expect(() => verifier.verify(`${content.body} `, headers)).toThrow();
    expect(() => verifier.verify(content.body, { ...headers, 'webhook-id': 'msg_2' })).toThrow();
    expect(() => verifier.verify(content.body, { ...headers, 'webhook-timestamp': String(now + 1) })).toThrow();
    expect(() => new Webhook(newWebhookSecret()).verify(content.body, headers)).toThrow();
  });

  test('carry a signature per secret: receivers of the old and of the new one accept the same request', () => {
    const secrets = [newWebhookSecret(), newWebhookSecret()];
    const headers = signatureHeaders(content, secrets);
    for (const secret of secrets) expect(() => new Webhook(secret).verify(content.body, headers)).not.toThrow();
  });
});
