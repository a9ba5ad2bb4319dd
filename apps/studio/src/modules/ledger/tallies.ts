/** Names kept with nothing counted; when there are more, they are forgotten together. */
const IDLE_MAX = 50_000;

/** How many there are of one name. Who counts up keeps it for counting down. */
export interface Tally {
  count: number;
}

/**
 * Tallies by name. A name of which there are none any more stays, because a Map that loses and gains entries all the time
 * costs the garbage collector more than the names do (see `FairQueue`).
 */
export class Tallies {
  private readonly tallies = new Map<string, Tally>();

  /** The name's tally; a new one must be counted up before the next is asked for. */
  of(name: string): Tally {
    let tally = this.tallies.get(name);
    if (tally === undefined) {
      if (this.tallies.size >= IDLE_MAX) this.forgetIdle();
      tally = { count: 0 };
      this.tallies.set(name, tally);
    }
    return tally;
  }

  private forgetIdle(): void {
    for (const [name, { count }] of this.tallies) if (count === 0) this.tallies.delete(name);
  }
}
