import { DomainError, ValidationError } from '@tandem/platform/errors';

export function webhookEndpointNotFound(): DomainError {
  return new DomainError('not_found', 'webhook endpoint not found');
}

export function webhookDeliveryNotFound(): DomainError {
  return new DomainError('not_found', 'webhook delivery not found');
}

/** One endpoint per URL: two would send everything twice. */
export function webhookUrlTaken(): DomainError {
  return new DomainError('already_exists', 'an endpoint with this URL exists');
}

/** The endpoint was edited, or switched off by failures, since the caller read it. */
export function staleEndpoint(current: number): DomainError {
  return new DomainError('stale_version', 'the endpoint was changed meanwhile: read it again', {
    current_version: current,
  });
}

/** Nothing is sent to an endpoint that is switched off. */
export function webhookEndpointDisabled(): DomainError {
  return new DomainError('invalid_transition', 'the endpoint is switched off: switch it on first');
}

/** The URL may not be called; `reason` says why. */
export function refusedWebhookUrl(reason: string): ValidationError {
  return new ValidationError([{ path: 'url', message: reason }], `url ${reason}`);
}
