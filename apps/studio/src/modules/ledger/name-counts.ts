/** Names kept with a count of none; beyond that they are forgotten together. */
const IDLE_MAX = 50_000;

/**
 * How many there are of each name. A name counted down to none stays, because a Map that loses and gains entries all the
 * time costs the garbage collector more than the names do (see `FairQueue`).
 */
export class NameCounts {
  private readonly counts = new Map<string, number>();

  of(name: string): number {
    return this.counts.get(name) ?? 0;
  }

  countUp(name: string): void {
    const count = this.counts.get(name);
    if (count === undefined && this.counts.size >= IDLE_MAX) this.forgetIdle();
    this.counts.set(name, (count ?? 0) + 1);
  }

  countDown(name: string): void {
    this.counts.set(name, this.of(name) - 1);
  }

  private forgetIdle(): void {
    for (const [name, count] of this.counts) if (count === 0) this.counts.delete(name);
  }
}
