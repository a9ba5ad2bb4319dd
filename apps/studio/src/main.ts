// First, so that it also holds for what the other imports leave behind.
import '@tandem/platform/tune-garbage-collection';
import { createLogger } from '@tandem/platform/logging';
import { shutDownOnSignal } from '@tandem/platform/shutdown';
import { loadConfig } from './config/env.ts';
import { createStudioApp } from './create-app.ts';

/** Long enough for a balancer to see that this instance is not ready any more. */
const PRODUCTION_DRAIN_MS = 3000;

const config = loadConfig();
const logger = createLogger({ service: 'studio', level: config.logLevel });
const app = await createStudioApp(config, logger);
shutDownOnSignal(app, { logger, drainMs: config.isProduction ? PRODUCTION_DRAIN_MS : 0 });
await app.listen({ port: config.port, host: config.host });
logger.info({ url: await app.getUrl() }, 'Studio is listening');
