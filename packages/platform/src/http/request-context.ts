import { AsyncLocalStorage } from 'node:async_hooks';

/** What follows a request through every call it makes. */
export interface RequestContext {
  /** The caller's `X-Request-Id` or `X-Correlation-ID` when safe, else generated. */
  readonly requestId: string;
}

export const requestContext = new AsyncLocalStorage<RequestContext>();

/** The id of the request being answered, or undefined in jobs and at boot. */
export function currentRequestId(): string | undefined {
  return requestContext.getStore()?.requestId;
}
