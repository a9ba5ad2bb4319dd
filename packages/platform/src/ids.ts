import { v5, v7 } from 'uuid';

/** A new UUIDv7: unique, and ordered by time so that indexes stay compact. */
export function newId(): string {
  return v7();
}

/** The UUIDv5 of a name: the same name and namespace give the same id on every machine. */
export function idFromName(name: string, namespace: string): string {
  return v5(name, namespace);
}
