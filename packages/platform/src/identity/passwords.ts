import { hash, verify } from '@node-rs/argon2';
import { ValidationError } from '../errors.ts';

const LENGTH_MIN = 12;
const LENGTH_MAX = 256;

/** Hashes and checks passwords with argon2id. */
export class Passwords {
  private decoy: Promise<string> | undefined;

  /**
   * Hashes a new password.
   *
   * @throws ValidationError when it is shorter than 12 or longer than 256 characters.
   */
  async hash(password: string): Promise<string> {
    if (password.length < LENGTH_MIN || password.length > LENGTH_MAX) {
      throw new ValidationError([
        { path: 'password', message: `password must have ${LENGTH_MIN} to ${LENGTH_MAX} characters` },
      ]);
    }
    return hash(password);
  }

  /** Checks a password. An unknown user (null) costs the same time as a wrong password, so neither can be told apart. */
  async verify(passwordHash: string | null, password: string): Promise<boolean> {
    if (password.length > LENGTH_MAX) return false;
    this.decoy ??= hash('the password of nobody');
    const isRight = await verify(passwordHash ?? (await this.decoy), password);
    return isRight && passwordHash !== null;
  }
}
