import { LRUCache } from 'lru-cache';

// How long a revoked credential may still work on another instance.
const TTL_MS = 2000;

/**
 * Remembers what a credential resolved to, a refusal too, for two seconds; simultaneous look-ups of one key share one
 * query.
 */
export class CredentialCache<T extends object> {
  private readonly cache: LRUCache<string, { readonly value: T | null }>;

  constructor(load: (key: string) => Promise<T | null>) {
    this.cache = new LRUCache<string, { readonly value: T | null }>({
      max: 10_000,
      ttl: TTL_MS,
      fetchMethod: async (key) => ({ value: await load(key) }),
    });
  }

  async get(key: string): Promise<T | null> {
    const entry = await this.cache.fetch(key);
    return entry?.value ?? null;
  }

  /** What is remembered, without waiting; undefined when it has to be looked up with `get`. */
  peek(key: string): T | null | undefined {
    return this.cache.get(key)?.value;
  }

  forget(key: string): void {
    this.cache.delete(key);
  }

  clear(): void {
    this.cache.clear();
  }
}
