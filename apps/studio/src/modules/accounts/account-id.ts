import type { ExternalKey } from '@tandem/contracts';
import { idFromName } from '@tandem/platform/ids';

/** Fixed for ever: every stored account id was made under it. */
const ACCOUNT_NAMESPACE = 'e656356a-1a32-4766-8962-a9c170693664';

/** Id of the account a canonical key names. The same key gives the same id everywhere, so no look-up is needed. */
export function accountIdOf(externalKey: ExternalKey): string {
  return idFromName(externalKey, ACCOUNT_NAMESPACE);
}
