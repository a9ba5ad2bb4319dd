import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type Clock, SystemClock } from '@tandem/platform/clock';
import { configureApp, createFastifyAdapter } from '@tandem/platform/http/fastify-app';
import { serveDocs } from '@tandem/platform/http/openapi';
import { serveConsole } from '@tandem/platform/http/static-console';
import { createLogger, NestLogger } from '@tandem/platform/logging';
import { Metrics } from '@tandem/platform/metrics/metrics';
import type { Logger } from 'pino';
import { AppModule } from './app.module.ts';
import type { V1Config } from './config/config.ts';
import { buildV1OpenApi } from './openapi.ts';

export interface V1AppOptions {
  /** Where lines go; by default standard output at the configured level. */
  readonly logger?: Logger;
  /** The time of day; tests bring one they can move. */
  readonly clock?: Clock;
}

/** The whole application, ready for `listen` or `init`. */
export async function createV1App(config: V1Config, options: V1AppOptions = {}): Promise<NestFastifyApplication> {
  const logger = options.logger ?? createLogger({ service: 'v1', level: config.logLevel });
  const adapter = createFastifyAdapter({ logger, trustProxy: config.trustProxy, rewritePath: toCanonicalPath });
  const module = AppModule.forRoot(config, options.clock ?? new SystemClock());
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: new NestLogger(logger),
    // A module that fails to start must reject here, so that the caller decides what happens.
    abortOnError: false,
  });
  await configureApp(app, {
    isProduction: config.isProduction,
    corsOrigins: config.corsOrigins,
    metrics: app.get(Metrics),
  });
  serveDocs(app, buildV1OpenApi(app));
  await serveConsole(app, config.consoleFolder);
  return app;
}

/** `/api/v1/...` and `/v1/...` are the same routes (DESIGN 4). */
function toCanonicalPath(path: string): string {
  return path.startsWith('/api/v1/') ? path.slice('/api'.length) : path;
}
