import { Injectable } from '@nestjs/common';
import { isUniqueViolation } from '@tandem/platform/database/postgres-error';
import { UnitOfWork, type Tx } from '@tandem/platform/database/unit-of-work';
import { newId } from '@tandem/platform/ids';
import { StudioConfig } from '../../config/config.ts';
import type { Actor } from '../audit/audit-entry.ts';
import { AuditTrail } from '../audit/audit-trail.ts';
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
import { endpointTarget } from './webhook.convert.ts';

/** Who changes something, and why. */
export interface EndpointEdit {
  readonly actor: Actor;
  readonly reason: string;
}

/** An endpoint and the secret that signs for it from now on, shown this once. */
export interface EndpointWithSecret {
  readonly endpoint: WebhookEndpointSqlRow;
  readonly secret: string;
}

/** Registers endpoints, edits them and changes their secrets; every change is in the trail, without secrets. */
@Injectable()
export class ChangeWebhookEndpoint {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly endpoints: WebhookEndpointStore,
    private readonly secrets: WebhookSecrets,
    private readonly trail: AuditTrail,
    private readonly config: StudioConfig,
  ) {}

  /** @throws ValidationError for a URL that may not be called; DomainError `already_exists` */
  async register(edit: EndpointEdit, fields: Omit<EndpointFields, 'isEnabled'>): Promise<EndpointWithSecret> {
    const checked = { ...fields, url: this.checkedUrl(fields.url), isEnabled: true };
    const endpointId = newId();
    return this.writing(async (tx) => {
      await this.endpoints.insert(tx, endpointId, checked);
      const secret = await this.secrets.create(tx, endpointId);
      const endpoint = await this.existing(tx, endpointId);
      await this.record(tx, edit, { act: 'webhook_endpoint_registered', before: null, after: endpoint });
      return { endpoint, secret };
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
    const { endpointId, version } = edit;
    const checked = { ...fields, url: this.checkedUrl(fields.url) };
    return this.writing(async (tx) => {
      const before = await this.existing(tx, endpointId);
      if (before.version !== version) throw staleEndpoint(before.version);
      await this.endpoints.update(tx, endpointId, checked);
      const after = await this.existing(tx, endpointId);
      await this.record(tx, edit, { act: 'webhook_endpoint_changed', before, after });
      return after;
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
    const { endpointId } = edit;
    return this.uow.run(async (tx) => {
      const endpoint = await this.existing(tx, endpointId);
      await this.endpoints.retireSecrets(tx, endpointId, overlapHours);
      const secret = await this.secrets.create(tx, endpointId);
      await this.trail.record(tx, {
        act: 'webhook_secret_rotated',
        phase: 'DONE',
        actor: edit.actor,
        target: endpointTarget(endpointId),
        reason: edit.reason,
        after: { overlap_hours: overlapHours },
      });
      return { endpoint, secret };
    });
  }

  private async record(
    tx: Tx,
    edit: EndpointEdit,
    change: {
      readonly act: string;
      readonly before: WebhookEndpointSqlRow | null;
      readonly after: WebhookEndpointSqlRow;
    },
  ): Promise<void> {
    await this.trail.record(tx, {
      act: change.act,
      phase: 'DONE',
      actor: edit.actor,
      target: endpointTarget(change.after.endpoint_id),
      reason: edit.reason,
      before: change.before && traceOf(change.before),
      after: traceOf(change.after),
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

/** What the trail keeps of an endpoint. Of the URL only the host: the rest often is a secret. */
function traceOf(row: WebhookEndpointSqlRow): Record<string, unknown> {
  const { description, event_types, is_enabled, version } = row;
  return { host: new URL(row.url).host, description, event_types, is_enabled, version };
}
