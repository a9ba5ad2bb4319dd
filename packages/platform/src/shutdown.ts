import type { INestApplication } from '@nestjs/common';
import type { Logger } from 'pino';
import { Readiness } from './health/readiness.ts';

export interface ShutdownOptions {
  readonly logger: Logger;
  /** How long readiness says 503 before the server stops accepting, so that balancers notice. */
  readonly drainMs: number;
  /** The process ends after this, finished or not. */
  readonly exitWithinMs?: number;
}

/**
 * On SIGTERM or SIGINT: not ready, then stop accepting, let the open requests and jobs finish, close, exit 0. A second
 * signal changes nothing; whatever still runs at the limit is cut off with exit code 1.
 */
export function shutDownOnSignal(app: INestApplication, options: ShutdownOptions): void {
  let isStopping = false;
  const stop = (signal: NodeJS.Signals) => {
    if (isStopping) return;
    isStopping = true;
    options.logger.info({ signal }, 'Shutting down');
    setTimeout(() => {
      options.logger.error('Shutdown took too long');
      process.exit(1);
    }, options.exitWithinMs ?? 15_000).unref();
    void finish(app, options);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

async function finish(app: INestApplication, { logger, drainMs }: ShutdownOptions): Promise<void> {
  try {
    app.get(Readiness, { strict: false }).stopTakingTraffic();
    await new Promise((resolve) => setTimeout(resolve, drainMs));
    await app.close();
    logger.info('Shut down');
    logger.flush(() => process.exit(0));
  } catch (err) {
    logger.error({ err }, 'Shutdown failed');
    logger.flush(() => process.exit(1));
  }
}
