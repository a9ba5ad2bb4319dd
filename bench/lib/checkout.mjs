import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const CHECKOUT = fileURLToPath(new URL('../../', import.meta.url));

/** A built file of the checkout. */
export function importBuilt(path) {
  return import(pathToFileURL(join(CHECKOUT, path)).href);
}

/** One of Studio's dependencies, in Studio's version: a reference must differ in its work only, not in its libraries. */
export async function importFromStudio(name) {
  const found = createRequire(join(CHECKOUT, 'apps/studio/package.json')).resolve(name);
  return import(pathToFileURL(found).href);
}
