import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { configureApp, createFastifyAdapter } from '@tandem/platform/http/fastify-app';
import { createLogger, NestLogger } from '@tandem/platform/logging';
import { Metrics } from '@tandem/platform/metrics/metrics';
import type { Logger } from 'pino';
import { AppModule } from './app.module.ts';
import type { V1Config } from './config/config.ts';
import { serveConsole } from './http/serve-console.ts';

/** V1, configured but not yet listening. The caller listens or calls `init()`. */
export async function createV1App(
  config: V1Config,
  logger: Logger = createLogger({ service: 'v1', level: config.logLevel }),
): Promise<NestFastifyApplication> {
  const adapter = createFastifyAdapter({ logger, trustProxy: config.trustProxy, rewritePath: toCanonicalPath });
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.forRoot(config), adapter, {
    logger: new NestLogger(logger),
    bodyParser: false,
    abortOnError: false,
  });
  await configureApp(app, {
    isProduction: config.isProduction,
    corsOrigins: config.corsOrigins,
    metrics: app.get(Metrics),
  });
  await serveConsole(app, config.consoleFolder);
  return app;
}

/** `/api/v1/...` and `/v1/...` are the same routes (DESIGN 4). */
function toCanonicalPath(path: string): string {
  return path.startsWith('/api/v1/') ? path.slice('/api'.length) : path;
}
