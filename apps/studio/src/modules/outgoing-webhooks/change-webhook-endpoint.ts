import { Injectable } from '@nestjs/common';
import { isUniqueViolation } from '@tandem/platform/database/postgres-error';
import { UnitOfWork, type Tx } from '@tandem/platform/database/unit-of-work';
import { newId } from '@tandem/platform/ids';
import { StudioConfig } from '../../config/config.ts';
import { checkTargetUrl, RefusedTargetError } from './target-address.ts';
import {
  refusedWebhookUrl,
  staleEndpoint,
  webhookEndpointNotFound,
  webhookUrlTaken,
} from './webhook-endpoint.errors.ts';
import type { WebhookEndpointSqlRow } from './webhook-endpoint.queries.ts';
import { WebhookEndpointStore, type EndpointFields } from './webhook-endpoint.store.ts';
import { WebhookSecrets } from './webhook-secrets.ts';

/** Who changes something, and why. */
export interface EndpointEdit {
  readonly actor: string;
  readonly reason: string;
}

/** An endpoint and the secret that signs for it from now on, shown this once. */
export interface EndpointWithSecret {
  readonly endpoint: WebhookEndpointSqlRow;
  readonly secret: string;
}

/** Registers endpoints, edits them and changes their secrets; every change is kept with who and why. */
@Injectable()
export class ChangeWebhookEndpoint {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly endpoints: WebhookEndpointStore,
    private readonly secrets: WebhookSecrets,
    private readonly config: StudioConfig,
  ) {}

  /** @throws ValidationError for a URL that may not be called; DomainError `already_exists` */
  async register(edit: EndpointEdit, fields: Omit<EndpointFields, 'isEnabled'>): Promise<EndpointWithSecret> {
    const checked = { ...fields, url: this.checkedUrl(fields.url), isEnabled: true };
    const endpointId = newId();
    return this.writing(async (tx) => {
      await this.endpoints.insert(tx, endpointId, checked);
      const secret = await this.secrets.create(tx, endpointId);
      await this.endpoints.record(tx, { endpointId, kind: 'REGISTERED', details: { ...checked }, ...edit });
      return { endpoint: await this.existing(tx, endpointId), secret };
    });
  }

  /**
   * Replaces everything an admin may say about an endpoint. Messages that wait for it go to the new URL.
   * @throws as `register`, and DomainError `not_found`, `stale_version`
   */
  async update(
    edit: EndpointEdit & { readonly endpointId: string; readonly version: number },
    fields: EndpointFields,
  ): Promise<WebhookEndpointSqlRow> {
    const { endpointId, version, actor, reason } = edit;
    const checked = { ...fields, url: this.checkedUrl(fields.url) };
    return this.writing(async (tx) => {
      const current = await this.existing(tx, endpointId);
      if (current.version !== version) throw staleEndpoint(current.version);
      await this.endpoints.update(tx, endpointId, checked);
      const before = {
        url: current.url,
        description: current.description,
        eventTypes: current.event_types,
        isEnabled: current.is_enabled,
      };
      const details = { before, after: checked };
      await this.endpoints.record(tx, { endpointId, kind: 'CHANGED', details, actor, reason });
      return this.existing(tx, endpointId);
    });
  }

  /**
   * Makes a new secret; the old one signs beside it for `overlapHours`.
   * @throws DomainError `not_found`
   */
  async rotateSecret(
    edit: EndpointEdit & { readonly endpointId: string },
    overlapHours: number,
  ): Promise<EndpointWithSecret> {
    const { endpointId, actor, reason } = edit;
    return this.uow.run(async (tx) => {
      const endpoint = await this.existing(tx, endpointId);
      await this.endpoints.retireSecrets(tx, endpointId, overlapHours);
      const secret = await this.secrets.create(tx, endpointId);
      const details = { overlap_hours: overlapHours };
      await this.endpoints.record(tx, { endpointId, kind: 'SECRET_ROTATED', details, actor, reason });
      return { endpoint, secret };
    });
  }

  private async existing(tx: Tx, endpointId: string): Promise<WebhookEndpointSqlRow> {
    const row = await this.endpoints.lock(tx, endpointId);
    if (!row) throw webhookEndpointNotFound();
    return row;
  }

  private checkedUrl(url: string): string {
    try {
      return checkTargetUrl(url, { allowPrivateAddresses: this.config.webhookAllowPrivateAddresses }).href;
    } catch (error) {
      if (error instanceof RefusedTargetError) throw refusedWebhookUrl(error.message);
      throw error;
    }
  }

  private async writing<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    try {
      return await this.uow.run(work);
    } catch (error) {
      if (isUniqueViolation(error, 'webhook_endpoints_url_key')) throw webhookUrlTaken();
      throw error;
    }
  }
}
