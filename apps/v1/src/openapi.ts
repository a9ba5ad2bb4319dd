import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { OpenAPIObject } from '@nestjs/swagger';
import { buildOpenApi, serveDocs } from '@tandem/platform/http/openapi';

/** The OpenAPI document of an application made by `createV1App`. */
export function buildV1OpenApi(app: NestFastifyApplication): OpenAPIObject {
  return buildOpenApi(app, {
    title: 'Tandem V1',
    version: '1',
    description:
      'Operational postpaid billing: directory, invoices, payments, commissions, and what Studio knows about their ' +
      'accounts. Every path is also served under /api/v1. Errors are RFC 9457 problem bodies with a stable `code`.',
  });
}

/** Serves the document at `/docs` and `/docs-json`. Call before listening. */
export function addV1Docs(app: NestFastifyApplication): void {
  serveDocs(app, buildV1OpenApi(app));
}
