import 'reflect-metadata';
import { Writable } from 'node:stream';
import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { configureApp, createFastifyAdapter, type FastifyAppOptions } from '../src/http/fastify-app.ts';
import { createLogger, NestLogger } from '../src/logging.ts';
import { Metrics } from '../src/metrics/metrics.ts';

export interface TestApp {
  readonly app: NestFastifyApplication;
  readonly url: string;
  readonly port: number;
  /** Every log line written so far. */
  readonly logLines: string[];
}

/** Boots a module the way both services boot, on a free port. */
export async function bootTestApp(
  module: Type | DynamicModule,
  overrides: Partial<FastifyAppOptions> & { corsOrigins?: string[] } = {},
  prepare: (app: NestFastifyApplication) => void | Promise<void> = () => undefined,
): Promise<TestApp> {
  const logLines: string[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      logLines.push(chunk.toString());
      done();
    },
  });
  const logger = createLogger({ service: 'test', level: 'info', destination });
  const app = await NestFactory.create<NestFastifyApplication>(
    module,
    createFastifyAdapter({ logger, trustProxy: false, ...overrides }),
    { logger: new NestLogger(logger), abortOnError: false },
  );
  const metrics = app.get(Metrics, { strict: false });
  await configureApp(app, { isProduction: true, metrics, corsOrigins: overrides.corsOrigins ?? [] });
  await prepare(app);
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  return { app, url, port: Number(new URL(url).port), logLines };
}
