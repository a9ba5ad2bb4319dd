import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ConsumeCreditsRequest, ReleaseCreditsRequest, ReserveCreditsRequest } from '@tandem/contracts';
import { ARRAY_BODY_LIMIT_BYTES, configureApp, createFastifyAdapter } from '@tandem/platform/http/fastify-app';
import { serveDocs } from '@tandem/platform/http/openapi';
import { serveConsole } from '@tandem/platform/http/static-console';
import { createLogger, NestLogger } from '@tandem/platform/logging';
import { Metrics } from '@tandem/platform/metrics/metrics';
import type { Logger } from 'pino';
import { AppModule } from './app.module.ts';
import type { StudioConfig } from './config/config.ts';
import { buildStudioOpenApi } from './openapi.ts';

/** Routes that take arrays of up to 500 items. */
const ARRAY_ROUTES = new Set(['/v1/billing/events', '/v1/billing/accounts/statuses', '/v1/billing/credits/commands']);

/**
 * The whole application, ready for `listen` or `init`.
 * @param logger where lines go; by default standard output at the configured level
 */
export async function createStudioApp(
  config: StudioConfig,
  logger: Logger = createLogger({ service: 'studio', level: config.logLevel }),
): Promise<NestFastifyApplication> {
  const adapter = createFastifyAdapter({
    logger,
    // No request makes Studio call anybody, and what it logs is about the request itself: a context would not be read.
    keepsContext: false,
    trustProxy: config.trustedProxies.length > 0 ? [...config.trustedProxies] : false,
    bodyLimits: (route) => (ARRAY_ROUTES.has(route) ? ARRAY_BODY_LIMIT_BYTES : undefined),
  });
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.forRoot(config), adapter, {
    logger: new NestLogger(logger),
    // A module that fails to start must reject here, so that the caller decides what happens.
    abortOnError: false,
  });
  await configureApp(app, {
    isProduction: config.isProduction,
    corsOrigins: config.corsOrigins,
    metrics: app.get(Metrics),
    hotBodies: [ReserveCreditsRequest, ConsumeCreditsRequest, ReleaseCreditsRequest],
  });
  serveDocs(app, buildStudioOpenApi(app));
  await serveConsole(app, config.consoleDir);
  return app;
}
