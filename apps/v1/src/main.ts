import { createLogger } from '@tandem/platform/logging';
import { shutDownOnSignal } from '@tandem/platform/shutdown';
import { loadConfig } from './config/env.ts';
import { createV1App } from './create-app.ts';
import { addV1Docs } from './openapi.ts';

const DRAIN_MS = 200;

const config = loadConfig(process.env);
const logger = createLogger({ service: 'v1', level: config.logLevel });
const app = await createV1App(config, logger);
addV1Docs(app);
shutDownOnSignal(app, { logger, drainMs: DRAIN_MS });
await app.listen(config.port, '0.0.0.0');
logger.info({ address: await app.getUrl() }, 'V1 is listening');
