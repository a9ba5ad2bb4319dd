import { bodyOf } from '../../shared/api/create-api.ts';
import type { JumpTarget } from '../../shared/face.ts';
import { fetchAccounts } from './account-queries.ts';
import { studioApi } from './studio-api.ts';

const SUGGESTIONS_MAX = 8;

/** For the jump box. */
export async function findAccounts(text: string, signal: AbortSignal): Promise<JumpTarget[]> {
  const page = await fetchAccounts({ q: text }, { limit: SUGGESTIONS_MAX }, signal);
  return page.items.map((account) => ({
    externalKey: account.external_key,
    name: account.display_name,
    hint: account.billing_mode,
  }));
}

/** Where this Studio runs. */
export async function readStudioEnvironment(): Promise<string> {
  return (await bodyOf(studioApi.GET('/v1/meta'))).env;
}
