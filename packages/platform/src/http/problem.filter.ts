import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DomainError } from '../errors.ts';
import { toProblem } from './error-to-problem.ts';
import type { KnownPaths } from './known-paths.ts';
import { buildProblem, PROBLEM_CONTENT_TYPE, problemToJson } from './problem.ts';

const ROUTED_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Turns every error of every request into the one problem body. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly knownPaths: KnownPaths) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    sendProblem(this.wrongMethod(request) ?? error, request, reply);
  }

  private wrongMethod(request: FastifyRequest): DomainError | undefined {
    if (!request.is404) return undefined;
    const allowed = this.knownPaths.methodsOf(pathOf(request.url));
    if (allowed.length === 0 && ROUTED_METHODS.has(request.method)) return undefined;
    return new DomainError(
      'method_not_allowed',
      'This address does not support that method.',
      {},
      { allow: allowed.join(', ') },
    );
  }
}

/** Answers one request with the problem body of an error, and logs what the caller does not see. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const outcome = toProblem(error);
  if (outcome.isUnexpected) {
    request.log.error(
      { request_id: request.id, err: error, method: request.method, path: pathOf(request.originalUrl) },
      'Request failed',
    );
  }
  if (reply.sent || reply.raw.headersSent) return;
  const problem = buildProblem({ ...outcome, instance: pathOf(request.originalUrl), requestId: request.id });
  void reply
    .status(outcome.status)
    .headers(outcome.headers)
    .header('content-type', PROBLEM_CONTENT_TYPE)
    .send(problemToJson(problem));
}

/** The path of a URL; the query may hold secrets and is never shown or logged. */
export function pathOf(url: string): string {
  const end = url.indexOf('?');
  return end === -1 ? url : url.slice(0, end);
}
