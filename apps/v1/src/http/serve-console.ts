import { readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const IMMUTABLE = 'public, max-age=31536000, immutable';
const REVALIDATE = 'no-cache';
const INDEX = '/index.html';

/** Addresses of programs: an unknown one is an error, never a page. */
const API_PATHS = /^\/(?:api|v1|assets|docs|docs-json|docs-yaml|health|healthz|readyz|metrics|webhooks)(?:\/|$)/;

/**
 * Serves the built console, if there is one, on every address no route answers. Call after `configureApp`, whose headers
 * the pages get as well.
 */
export async function serveConsole(app: NestFastifyApplication, folder: string): Promise<void> {
  // Only what was built is ever opened: no address can lead out of the folder.
  const files = listFiles(folder);
  if (!files.has(INDEX)) return;
  const instance = app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
  await instance.register(fastifyStatic as never, { root: folder, serve: false, cacheControl: false } as never);
  // A hook instead of a route: a wildcard route would make every unknown address look known.
  instance.addHook('onRequest', async (request, reply) => {
    const file = request.is404 ? fileFor(request, files) : undefined;
    return file === undefined ? undefined : sendFile(reply, file);
  });
}

function listFiles(folder: string): ReadonlySet<string> {
  try {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    return new Set(
      entries.map((entry) => `/${relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/')}`),
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Set();
    throw error;
  }
}

function fileFor(request: FastifyRequest, files: ReadonlySet<string>): string | undefined {
  if (request.method !== 'GET' && request.method !== 'HEAD') return undefined;
  const path = request.url.split('?', 1)[0] ?? '/';
  if (files.has(path)) return path;
  const wantsPage = request.headers.accept?.includes('text/html') === true;
  // A missing asset stays missing: a page in its place would be run as a script.
  return wantsPage && !API_PATHS.test(path) ? INDEX : undefined;
}

function sendFile(reply: FastifyReply, file: string): FastifyReply {
  // Names in /assets carry a hash of their content; everything else may change with a release.
  void reply.header('cache-control', file.startsWith('/assets/') ? IMMUTABLE : REVALIDATE);
  return (reply as FastifyReply & { sendFile(path: string): FastifyReply }).sendFile(file.slice(1));
}
