import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { OpenAPIObject } from '@nestjs/swagger';
import { SystemClock } from '@tandem/platform/clock';
import { buildOpenApi } from '@tandem/platform/http/openapi';
import { AppModule } from './app.module.ts';
import { loadConfig } from './config/env.ts';

/** V1's OpenAPI document, from its controllers and DTO classes. */
export function buildV1OpenApi(app: NestFastifyApplication): OpenAPIObject {
  return buildOpenApi(app, {
    title: 'Tandem V1',
    version: '1',
    description:
      'Operational postpaid billing: directory, commissions, invoices, payments, and what Studio knows about their ' +
      'accounts. Every path is also served under /api/v1. Errors are RFC 9457 problem bodies with a stable `code`.',
  });
}

/** The same without a database or any other part of a running application: nothing is instantiated. */
export async function describeV1(): Promise<OpenAPIObject> {
  const module = AppModule.forRoot(loadConfig({ NODE_ENV: 'test' }), new SystemClock());
  const app = await NestFactory.create<NestFastifyApplication>(module, new FastifyAdapter(), {
    preview: true,
    logger: false,
  });
  return buildV1OpenApi(app);
}
