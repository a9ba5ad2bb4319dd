import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';

/** Builds the OpenAPI document from the controllers and DTO classes of an initialised application. */
export function buildOpenApi(
  app: NestFastifyApplication,
  options: {
    readonly title: string;
    readonly version: string;
    readonly description: string;
    readonly sessionCookie?: string;
  },
): OpenAPIObject {
  const outline = new DocumentBuilder()
    .setTitle(options.title)
    .setVersion(options.version)
    .setDescription(options.description)
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'Session of a user, or a service token' }, 'bearer')
    .addCookieAuth(options.sessionCookie ?? 'access_token', { type: 'apiKey' }, 'session')
    .addApiKey({ type: 'apiKey', name: 'x-service-token', in: 'header' }, 'service-token')
    .build();
  return SwaggerModule.createDocument(app, outline);
}

/** Serves the document at `/docs` (for reading) and `/docs-json`. Call before `app.init()` or `app.listen()`. */
export function serveDocs(app: NestFastifyApplication, document: OpenAPIObject): void {
  SwaggerModule.setup('docs', app, document, { jsonDocumentUrl: 'docs-json', yamlDocumentUrl: 'docs-yaml' });
}
