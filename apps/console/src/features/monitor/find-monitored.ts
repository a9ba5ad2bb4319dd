import { bodyOf } from '../../shared/api/create-api.ts';
import type { JumpTarget } from '../../shared/face.ts';
import { v1Api } from './monitor-api.ts';
import { fetchSummary } from './monitor-queries.ts';

const SUGGESTIONS_MAX = 8;

/** For the jump box. */
export async function findMonitored(text: string, signal: AbortSignal): Promise<JumpTarget[]> {
  const summary = await fetchSummary({ q: text }, { limit: SUGGESTIONS_MAX }, signal);
  return summary.accounts.map((account) => ({
    externalKey: account.external_key,
    name: account.display_name,
    hint: account.billing_mode,
  }));
}

/** Where this V1 runs. */
export async function readV1Environment(): Promise<string> {
  return (await bodyOf(v1Api.GET('/v1/meta'))).environment;
}
