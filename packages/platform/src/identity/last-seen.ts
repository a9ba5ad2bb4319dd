import { Logger } from '@nestjs/common';

const INTERVAL_MS = 60_000;

/**
 * Writes "last used" marks at most once a minute per id, and never on the path of the request that used it: a slow or
 * failing write must not touch the caller.
 */
export class LastSeen {
  private readonly logger = new Logger('LastSeen');
  private readonly writtenAt = new Map<string, number>();
  private readonly pending = new Set<Promise<void>>();

  constructor(private readonly write: (id: string) => Promise<unknown>) {}

  touch(id: string): void {
    const now = Date.now();
    if (now - (this.writtenAt.get(id) ?? 0) < INTERVAL_MS) return;
    if (this.writtenAt.size >= 10_000) this.writtenAt.clear();
    this.writtenAt.set(id, now);
    const writing = this.save(id).finally(() => this.pending.delete(writing));
    this.pending.add(writing);
  }

  /** Waits for the writes under way. */
  async settle(): Promise<void> {
    await Promise.all(this.pending);
  }

  private async save(id: string): Promise<void> {
    try {
      await this.write(id);
    } catch (error) {
      this.logger.warn(`A last-used mark was not written: ${error instanceof Error ? error.message : 'unknown'}`);
    }
  }
}
