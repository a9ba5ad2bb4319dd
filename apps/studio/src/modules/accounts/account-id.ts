import type { ExternalKey } from '@tandem/contracts';
import { idFromName } from '@tandem/platform/ids';

/** Fixed for ever: every stored account id was made under it. */
const ACCOUNT_NAMESPACE = 'e656356a-1a32-4766-8962-a9c170693664';

/** Ids kept so that a busy account's key is not hashed with every request. */
const REMEMBERED_MAX = 50_000;
const remembered = new Map<string, string>();

/** Id of the account a text names, when it is remembered: only canonical keys are, so the text needs no check. */
export function rememberedAccountId(text: string): string | undefined {
  return remembered.get(text);
}

/** Id of the account a canonical key names. The same key gives the same id everywhere, so no look-up is needed. */
export function accountIdOf(externalKey: ExternalKey): string {
  const known = remembered.get(externalKey);
  if (known !== undefined) return known;
  const id = idFromName(externalKey, ACCOUNT_NAMESPACE);
  // A pure function: starting over costs time, never correctness, and keeps a flood of keys from filling the memory.
  if (remembered.size >= REMEMBERED_MAX) remembered.clear();
  remembered.set(externalKey, id);
  return id;
}
