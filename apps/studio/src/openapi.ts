import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { OpenAPIObject } from '@nestjs/swagger';
import { buildOpenApi } from '@tandem/platform/http/openapi';
import { STUDIO_SESSION_COOKIE } from './modules/operator/operator-roles.ts';
import { STUDIO_VERSION } from './modules/meta/meta.controller.ts';

/** Studio's OpenAPI document, from its controllers and DTO classes. */
export function buildStudioOpenApi(app: NestFastifyApplication): OpenAPIObject {
  return buildOpenApi(app, {
    title: 'Tandem Studio',
    version: STUDIO_VERSION,
    description: 'Credit control: accounts, credits, events, timeline. Amounts of credits are JSON numbers.',
    sessionCookie: STUDIO_SESSION_COOKIE,
  });
}
