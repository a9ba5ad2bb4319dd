import { Injectable, type PipeTransform } from '@nestjs/common';
import { InvalidExternalKeyError, toExternalKey, type ExternalKey } from '@tandem/contracts';
import { ValidationError } from '@tandem/platform/errors';

/** An account key in a path, its colons raw or percent-encoded (the router has decoded them). */
@Injectable()
export class MonitoredKeyPipe implements PipeTransform<string, ExternalKey> {
  transform(value: string): ExternalKey {
    try {
      const key = toExternalKey(value);
      // V1's token is bound to its own keys: asking Studio for another would look like a rejected token.
      if (!key.startsWith('v1:')) throw new InvalidExternalKeyError('external_key must begin with v1:');
      return key;
    } catch (error) {
      if (!(error instanceof InvalidExternalKeyError)) throw error;
      throw new ValidationError([{ path: 'external_key', message: error.message }], error.message);
    }
  }
}
