import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { pathOf } from './problem.filter.ts';

const HASHED_ASSETS = '/assets/';
const HASHED_ASSET_CACHE = 'public, max-age=31536000, immutable';
const PAGE_CACHE = 'no-cache';

/** Addresses of machines: what is missing there is a problem body, never a page. */
const MACHINE_PATHS = /^\/(?:v1|api|docs|docs-json|docs-yaml|health|healthz|readyz|metrics|webhooks|assets)(?:\/|$)/;

/**
 * Serves a built single-page console from the same origin as its API. Deep links get the page, whose own router reads
 * them. Call after `configureApp` and before `app.init()`; does nothing when the console was not built.
 *
 * @param directory folder with `index.html` and `assets/`.
 */
export async function serveConsole(app: NestFastifyApplication, directory: string | undefined): Promise<void> {
  if (directory === undefined || !existsSync(join(directory, 'index.html'))) return;
  const instance = app.getHttpAdapter().getInstance();
  const page = readFileSync(join(directory, 'index.html'));
  await instance.register(fastifyStatic as never, {
    root: directory,
    // One route per file: a wildcard would answer for every unknown address.
    wildcard: false,
    // Swagger's own copy of the plugin decorates the reply.
    decorateReply: false,
    cacheControl: false,
    setHeaders: (reply: FastifyReply, file: string) => {
      const isHashed = file.replaceAll('\\', '/').includes(HASHED_ASSETS);
      void reply.header('cache-control', isHashed ? HASHED_ASSET_CACHE : PAGE_CACHE);
    },
  });
  instance.addHook('onRequest', (request, reply, done) => {
    if (!isDeepLink(request)) {
      done();
      return;
    }
    void reply.status(200).header('cache-control', PAGE_CACHE).type('text/html; charset=utf-8').send(page);
  });
}

/** A person's browser asks for a page that only the console's router knows. */
function isDeepLink(request: FastifyRequest): boolean {
  if (!request.is404 || (request.method !== 'GET' && request.method !== 'HEAD')) return false;
  const acceptsPages = request.headers.accept?.includes('text/html') === true;
  return acceptsPages && !MACHINE_PATHS.test(pathOf(request.url));
}
