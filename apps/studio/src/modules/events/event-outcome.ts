import type { BillingEventRow } from '@tandem/contracts';
import type { DomainError } from '@tandem/platform/errors';

/** What became of one event: stored now, stored before, or refused. */
export type EventOutcome =
  | { readonly kind: 'stored' | 'replayed'; readonly event: BillingEventRow }
  | { readonly kind: 'refused'; readonly refusal: DomainError };
