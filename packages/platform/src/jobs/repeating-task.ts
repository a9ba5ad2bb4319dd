/**
 * Does the same work again and again, with a pause between the end of one run and the start of the next. For what must
 * happen within seconds on every instance; what may wait a minute belongs into the crontab.
 */
export class RepeatingTask {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private stopped = false;

  /** `onError` gets what a run threw; the next run comes all the same. */
  constructor(
    private readonly pauseMs: number,
    private readonly work: () => Promise<unknown>,
    private readonly onError: (error: unknown) => void,
  ) {}

  start(): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.running = this.work()
        .then(() => undefined)
        .catch(this.onError)
        .finally(() => this.start());
    }, this.pauseMs);
  }

  /** No new run begins; resolves when the one under way is done. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }
}
