import pg from 'pg';

/**
 * A connection that is thrown away once a query on it ran into its time limit: the answer may still be on its way, and
 * whoever came next would wait behind it or read it.
 */
export class DiscardingClient extends pg.Client {
  constructor(options?: string | pg.ClientConfig) {
    super(options);
    // The pool listens only while a connection is idle. A loss while it is lent out shows in the query that failed;
    // without a listener it would also end the process.
    this.on('error', () => undefined);
    const query = this.query.bind(this) as (...parameters: unknown[]) => unknown;
    const watched = (...parameters: unknown[]) => this.watch(query(...parameters));
    this.query = watched as typeof this.query;
  }

  private watch(outcome: unknown): unknown {
    if (outcome instanceof Promise) outcome.catch((error: unknown) => this.discardAfter(error));
    return outcome;
  }

  private discardAfter(error: unknown): void {
    if (error instanceof Error && error.message === 'Query read timeout') void this.end();
  }
}
