/** Lines of one actor in one minute: enough for every mistake of a person, too few to fill the table. */
export const REFUSALS_WRITTEN_MAX = 20;
const MINUTE_MS = 60_000;

/** Says of each refused attempt whether it gets a line of its own. Each process counts for itself. */
export class RefusalsPerMinute {
  private minute = 0;
  private readonly written = new Map<string, number>();

  next(actor: string, now: Date): 'write' | 'write the last' | 'count' {
    const minute = Math.floor(now.getTime() / MINUTE_MS);
    if (minute !== this.minute) {
      this.minute = minute;
      this.written.clear();
    }
    const count = (this.written.get(actor) ?? 0) + 1;
    if (count > REFUSALS_WRITTEN_MAX) return 'count';
    this.written.set(actor, count);
    return count === REFUSALS_WRITTEN_MAX ? 'write the last' : 'write';
  }
}
