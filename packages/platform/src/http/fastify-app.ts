// Kept in the declarations, so that every application sees `request.cookies`.
/// <reference types="@fastify/cookie" preserve="true" />
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import fastifyCookie from '@fastify/cookie';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { LogController, type FastifyHttpOptions, type FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { Metrics } from '../metrics/metrics.ts';
import { outcomeOfStatus } from './error-to-problem.ts';
import { KnownPaths } from './known-paths.ts';
import { buildProblem, PROBLEM_CONTENT_TYPE, problemToJson } from './problem.ts';
import { pathOf, ProblemFilter, sendProblem } from './problem.filter.ts';
import { requestContext } from './request-context.ts';
import { checkContentType, checkUrl, safeRequestId } from './request-hygiene.ts';
import { mayBeRendered, securityHeaders } from './security-headers.ts';
import { parseStrictJson } from './strict-json.ts';
import { createValidationPipe } from './validation.pipe.ts';

export const BODY_LIMIT_BYTES = 64 * 1024;
/** For routes that take arrays of events or commands. */
export const ARRAY_BODY_LIMIT_BYTES = 1024 * 1024;

/** How long a client may take to send its headers, and the whole request. */
const ARRIVAL_LIMITS = { headersMs: 10_000, requestMs: 30_000 };
// Longer than clients keep idle sockets, so that the server is never the one to close as a request is sent.
const KEEP_ALIVE_TIMEOUT_MS = 75_000;

declare module 'fastify' {
  interface FastifyRequest {
    /** The exact bytes of the body, only on routes named in `keepRawBody`. */
    rawBody?: Buffer;
  }
}

export interface FastifyAppOptions {
  readonly logger: Logger;
  /** Body limit of a route in bytes, by its pattern; undefined for the ordinary 64 kB. */
  readonly bodyLimits?: (routePattern: string) => number | undefined;
  /**
   * Routes, by pattern, that get `request.rawBody` and no parsed body: what a signature covers is checked before it is
   * read, and what another system signed is not ours to be strict about.
   */
  readonly keepRawBody?: (routePattern: string) => boolean;
  /** Addresses of proxies in front, exactly; false when there are none, so that X-Forwarded-For is ignored. */
  readonly trustProxy: string[] | false;
  readonly maxHeaderBytes?: number;
  readonly connectionsMax?: number;
  /** How long a client may take to send its headers (10 s), and the whole request (30 s). */
  readonly arrivalLimits?: { readonly headersMs: number; readonly requestMs: number };
  /** Maps the path before routing, for example `/api/v1/x` to `/v1/x`. The query is untouched. */
  readonly rewritePath?: (path: string) => string;
  /**
   * False: code behind a request cannot ask for its id (`currentRequestId`), only lines about the request itself carry it.
   * Until Node 24 a context in use slows down every promise of the process.
   */
  readonly keepsContext?: boolean;
}

/** The HTTP server: limits, timeouts, strict bodies and the request context. */
export function createFastifyAdapter(options: FastifyAppOptions): FastifyAdapter {
  const adapter = new FastifyAdapter(serverOptions(options));
  const instance = adapter.getInstance<FastifyInstance>();
  instance.server.maxConnections = options.connectionsMax ?? 10_000;
  instance.addHook('onRoute', (route) => {
    route.bodyLimit ??= options.bodyLimits?.(route.url);
  });
  addRequestStart(instance);
  if (options.keepsContext ?? true) addRequestContext(instance);
  addBodyParsers(adapter, instance, options.keepRawBody);
  return adapter;
}

function serverOptions(options: FastifyAppOptions): FastifyHttpOptions<Server> {
  const { rewritePath, arrivalLimits = ARRIVAL_LIMITS } = options;
  return {
    loggerInstance: options.logger,
    logController: new LogController({ disableRequestLogging: true }),
    // One logger for all requests: the request id comes from the context, and a child per request costs time.
    childLoggerFactory: (logger) => logger,
    trustProxy: options.trustProxy,
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: arrivalLimits.requestMs,
    http: {
      maxHeaderSize: options.maxHeaderBytes ?? 16 * 1024,
      headersTimeout: arrivalLimits.headersMs,
      // Node looks for late clients only this often; its own 30 s would stretch both limits.
      connectionsCheckingInterval: Math.min(1000, arrivalLimits.headersMs),
    },
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 1024, ignoreTrailingSlash: false },
    requestIdHeader: false,
    genReqId: (raw) =>
      safeRequestId(raw.headers['x-request-id']) ?? safeRequestId(raw.headers['x-correlation-id']) ?? randomUUID(),
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (error, request, reply) => {
      void reply.header('x-request-id', request.id);
      sendProblem(error, request, reply);
    },
    ...(rewritePath && { rewriteUrl: (raw: IncomingMessage) => rewrite(raw.url ?? '/', rewritePath) }),
  };
}

function rewrite(url: string, rewritePath: (path: string) => string): string {
  const path = pathOf(url);
  return rewritePath(path) + url.slice(path.length);
}

/** Answers bytes that never became a request: too long headers, smuggling attempts, a client that is too slow. */
function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const statuses: Record<string, number> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 };
  const outcome = outcomeOfStatus(statuses[error.code ?? ''] ?? 400);
  const body = problemToJson(buildProblem({ ...outcome, instance: '', requestId: randomUUID() }));
  const reason = outcome.status === 431 ? 'Request Header Fields Too Large' : 'Bad Request';
  socket.end(
    `HTTP/1.1 ${outcome.status} ${reason}\r\nContent-Type: ${PROBLEM_CONTENT_TYPE}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

function addRequestStart(instance: FastifyInstance): void {
  instance.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id).header('x-correlation-id', request.id);
    try {
      checkUrl(request.raw.url ?? '/');
    } catch (error) {
      done(error as Error);
      return;
    }
    done();
  });
}

function addRequestContext(instance: FastifyInstance): void {
  instance.addHook('onRequest', (request, _reply, done) => {
    requestContext.run({ requestId: request.id }, done);
  });
  // Reading a body resumes from the socket's events, which belong to no request: the context is entered again.
  instance.addHook('preValidation', (request, _reply, done) => {
    requestContext.run({ requestId: request.id }, done);
  });
}

function addBodyParsers(
  adapter: FastifyAdapter,
  instance: FastifyInstance,
  keepRawBody: ((routePattern: string) => boolean) | undefined,
): void {
  instance.removeAllContentTypeParsers();
  // A catch-all, registered through the adapter, keeps Nest from adding its own lenient parsers. Fastify remembers which
  // parser a content type has, but not that it fell to the catch-all: so the usual one is named.
  adapter.useBodyParser(['application/json', '*'], false, undefined, (request, body, done) => {
    try {
      const { headers } = request;
      checkContentType(headers['content-type'], headers['content-encoding']);
      if (keepRawBody?.(request.routeOptions.url ?? '') === true) {
        request.rawBody = body;
        done(null, undefined);
        return;
      }
      done(null, parseStrictJson(body));
    } catch (error) {
      done(error as Error, undefined);
    }
  });
}

export interface ConfigureAppOptions {
  readonly isProduction: boolean;
  /** Origins of browsers that may call from elsewhere; none by default. */
  readonly corsOrigins?: readonly string[];
  readonly metrics?: Metrics;
  /** Flat body classes of the busiest routes; see `createValidationPipe`. */
  readonly hotBodies?: readonly (new () => object)[];
}

/** Installs what every answer of both services has in common. Call once, before `app.init()` or `app.listen()`. */
export async function configureApp(app: NestFastifyApplication, options: ConfigureAppOptions): Promise<void> {
  const instance = app.getHttpAdapter().getInstance();
  app.useGlobalPipes(createValidationPipe(options.hotBodies));
  app.useGlobalFilters(new ProblemFilter(new KnownPaths(instance)));
  addStandardHeaders(instance, options.isProduction);
  await instance.register(fastifyCookie as never);
  addRequestObserver(instance, options.metrics);
  if (options.corsOrigins && options.corsOrigins.length > 0) {
    app.enableCors({
      origin: [...options.corsOrigins],
      credentials: true,
      methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
      allowedHeaders: CORS_REQUEST_HEADERS,
      exposedHeaders: ['ETag', 'X-Correlation-ID', 'X-Request-Id', 'Retry-After', 'Content-Disposition'],
      maxAge: 600,
    });
  }
}

const CORS_REQUEST_HEADERS = [
  'Authorization',
  'Content-Type',
  'Idempotency-Key',
  'If-None-Match',
  'X-CSRF-Token',
  'X-Publisher-Id',
  'X-Correlation-ID',
  'X-Request-Id',
];

/** Answers may hold money and names: no cache keeps them unless the route says otherwise (static files do). */
function addStandardHeaders(instance: FastifyInstance, isProduction: boolean): void {
  const headers = { ...securityHeaders(isProduction), 'cache-control': 'no-store' };
  const headersForPrograms = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
  instance.addHook('onRequest', (request, reply, done) => {
    void reply.headers(mayBeRendered(request.headers) ? headers : headersForPrograms);
    done();
  });
}

function addRequestObserver(instance: FastifyInstance, metrics: Metrics | undefined): void {
  instance.addHook('onResponse', (request, reply, done) => {
    const endpoint = request.routeOptions.url ?? 'unmatched';
    const { statusCode, elapsedTime } = reply;
    metrics?.countRequest(statusCode, endpoint, elapsedTime / 1000);
    // Services call thousands of times a second, and what they did is on record elsewhere.
    const isRoutine = request.principal?.kind === 'service' && statusCode < 400;
    request.log[isRoutine ? 'debug' : 'info'](
      { request_id: request.id, method: request.method, endpoint, status: statusCode, ms: Math.round(elapsedTime) },
      'Request answered',
    );
    done();
  });
}
