import { hash, randomBytes } from 'node:crypto';

/** A token as it is made: what is shown once, and what is kept. */
export interface NewServiceToken {
  readonly id: string;
  /** Shown once; nothing stored leads back to it. */
  readonly token: string;
  readonly secretHash: Buffer;
}

/** Makes a token of 256 random bits. At that entropy a plain hash of the secret is enough to keep. */
export function newServiceToken(): NewServiceToken {
  const id = randomBytes(8).toString('hex');
  const secret = randomBytes(32).toString('base64url');
  return { id, token: `tdm_${id}_${secret}`, secretHash: hashOfSecret(secret) };
}

/** What is kept of a secret, and compared. */
export function hashOfSecret(secret: string): Buffer {
  return hash('sha256', secret, 'buffer');
}
