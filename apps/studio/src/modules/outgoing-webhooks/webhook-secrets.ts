import { Injectable } from '@nestjs/common';
import type { Tx } from '@tandem/platform/database/unit-of-work';
import { newId } from '@tandem/platform/ids';
import { StudioConfig } from '../../config/config.ts';
import { SecretSeal } from './secret-seal.ts';
import { WebhookEndpointQueries } from './webhook-endpoint.queries.ts';
import { WebhookEndpointStore } from './webhook-endpoint.store.ts';
import { newWebhookSecret } from './webhook-signature.ts';

/** Signing secrets of endpoints: sealed in the database, in the clear only while they are shown once or sign. */
@Injectable()
export class WebhookSecrets {
  private readonly seal: SecretSeal;

  constructor(
    config: StudioConfig,
    private readonly endpoints: WebhookEndpointStore,
    private readonly queries: WebhookEndpointQueries,
  ) {
    this.seal = new SecretSeal(config.webhookSealingKey);
  }

  /** Makes and stores the secret that signs from now on, and gives it for the one time it is shown. */
  async create(tx: Tx, endpointId: string): Promise<string> {
    const secret = newWebhookSecret();
    const secretId = newId();
    const sealed = this.seal.seal(secret, sealedName(endpointId, secretId));
    await this.endpoints.insertSecret(tx, { endpointId, secretId, sealed });
    return secret;
  }

  /** Secrets that sign now: two while an old one runs out. */
  async open(endpointId: string): Promise<string[]> {
    const rows = await this.queries.secrets(endpointId);
    return rows.map((row) => this.seal.open(row.sealed, sealedName(endpointId, row.secret_id)));
  }
}

function sealedName(endpointId: string, secretId: string): string {
  return `${endpointId}/${secretId}`;
}
