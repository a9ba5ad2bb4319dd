import { abortablePause } from './abortable-pause.ts';

/** Keeps a job of many short steps to its share of one connection's time, so that what people wait for goes first. */
export class Pace {
  private readonly endsAt: number;

  /**
   * @param share of the time that may be worked, above 0 and up to 1
   * @param msMax how long the job may go on before it leaves the rest to its next run
   */
  constructor(
    private readonly share: number,
    private readonly signal?: AbortSignal,
    msMax = Infinity,
  ) {
    this.endsAt = performance.now() + msMax;
  }

  /** True once the process shuts down or the job's time is over: no step should follow. */
  get isOver(): boolean {
    return this.signal?.aborted === true || performance.now() >= this.endsAt;
  }

  /** Does a step, then rests as long as its share asks for; a shutdown cuts the rest short. */
  async step<Result>(work: () => Promise<Result>): Promise<Result> {
    const started = performance.now();
    const result = await work();
    await abortablePause((performance.now() - started) * (1 / this.share - 1), this.signal);
    return result;
  }
}
