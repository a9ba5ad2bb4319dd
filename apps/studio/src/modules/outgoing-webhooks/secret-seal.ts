import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const CIPHER = 'aes-256-gcm';
const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Keeps secrets unreadable in the database and its backups: the key is in the configuration only. Secrets that sign
 * cannot be kept as a hash, because each signature needs them again.
 */
export class SecretSeal {
  private readonly key: Buffer;

  constructor(sealingKey: string) {
    this.key = Buffer.from(hkdfSync('sha256', sealingKey, '', 'tandem outgoing webhook secrets', 32));
  }

  /** @param name the row it belongs to: bytes copied to another row do not open there */
  seal(secret: string, name: string): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.key, nonce).setAAD(Buffer.from(name));
    const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
    return Buffer.concat([Buffer.from([VERSION]), nonce, cipher.getAuthTag(), sealed]);
  }

  /** @throws Error when it was sealed with another key, for another row, or changed since */
  open(sealed: Buffer, name: string): string {
    const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
    const tag = sealed.subarray(1 + NONCE_BYTES, 1 + NONCE_BYTES + TAG_BYTES);
    try {
      const decipher = createDecipheriv(CIPHER, this.key, nonce).setAAD(Buffer.from(name)).setAuthTag(tag);
      const content = sealed.subarray(1 + NONCE_BYTES + TAG_BYTES);
      return Buffer.concat([decipher.update(content), decipher.final()]).toString('utf8');
    } catch (cause) {
      throw new Error('A webhook secret does not open: STUDIO_WEBHOOK_SEALING_KEY is not the one it was sealed with.', {
        cause,
      });
    }
  }
}
