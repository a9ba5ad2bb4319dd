import { createHash } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Clock } from '@tandem/platform/clock';
import { Csrf } from '@tandem/platform/identity/csrf';
import { ServiceTokens, looksLikeServiceToken } from '@tandem/platform/identity/service-tokens';
import { Sessions } from '@tandem/platform/identity/sessions';
import { Metrics } from '@tandem/platform/metrics/metrics';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Actor, AuditEntry } from './audit-entry.ts';
import { AuditTrail } from './audit-trail.ts';
import { RefusalsPerMinute } from './refusals-per-minute.ts';

/** Routes of people who run Studio. */
const OPERATOR_ROUTES = '/v1/operator/';
/** Nobody has checked these texts yet, and the trail keeps them for ever. */
const TEXT_MAX = 1000;
const REFUSED_STATUSES: ReadonlySet<number> = new Set([403, 409]);

/**
 * Writes every refused attempt on an operator route into the trail, before its answer leaves. Refusals of the guard
 * come before any handler, so this listens on the server, and only on those routes. Lines are kept for ever, so one actor
 * gets so many in a minute; further attempts are counted in a metric.
 */
@Injectable()
export class RecordRefusedRequests {
  private readonly logger = new Logger(RecordRefusedRequests.name);
  private readonly perMinute = new RefusalsPerMinute();
  private readonly unwritten: ReturnType<Metrics['counter']>;

  constructor(
    private readonly trail: AuditTrail,
    private readonly sessions: Sessions,
    private readonly serviceTokens: ServiceTokens,
    private readonly csrf: Csrf,
    private readonly clock: Clock,
    metrics: Metrics,
    adapterHost: HttpAdapterHost,
  ) {
    this.unwritten = metrics.counter({
      name: 'billing_refused_attempts_unwritten_total',
      help: 'Refused attempts of operators without a line in the audit trail: too many of one actor in a minute',
    });
    // Here and not in a later step of the start: routes are registered soon after, and hooks only see what comes later.
    const instance = adapterHost.httpAdapter.getInstance<FastifyInstance>();
    instance.addHook('onRoute', (route) => {
      if (!route.url.startsWith(OPERATOR_ROUTES)) return;
      route.onSend = async (request: FastifyRequest, reply: FastifyReply, payload: unknown) => {
        if (REFUSED_STATUSES.has(reply.statusCode)) await this.record(request, reply, payload);
        return payload;
      };
    });
  }

  private async record(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<void> {
    try {
      const actor = await this.actorOf(request);
      if (actor === null) return;
      const turn = this.perMinute.next(`${actor.role} ${actor.email}`, this.clock.now());
      if (turn === 'count') {
        this.unwritten.inc();
        return;
      }
      const line = lineOf(request, { ...actor, requestId: request.id });
      const after = turn === 'write the last' ? { further_refusals: 'only counted until this minute ends' } : null;
      await this.trail.recordRefusal(reply, { ...line, code: codeOf(payload), after });
    } catch (error) {
      // The refusal stands, whatever becomes of its line.
      this.logger.error(
        `A refused attempt has no line in the trail: ${error instanceof Error ? error.message : 'unknown'}`,
      );
    }
  }

  /** Who was refused; the guard keeps no principal of those it turned away. Null: nobody known. */
  private async actorOf(request: FastifyRequest): Promise<Actor | null> {
    const { principal, headers } = request;
    if (principal?.kind === 'user') return { email: principal.email, role: principal.role };
    const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
    const serviceToken = [headers['x-service-token'], bearer, headers['x-api-key']].find(
      (token): token is string => typeof token === 'string' && looksLikeServiceToken(token),
    );
    if (serviceToken !== undefined) {
      const service = await this.serviceTokens.verify(serviceToken);
      return service && { email: service.client, role: 'service' };
    }
    const session = await this.sessions.find(bearer ?? request.cookies[this.csrf.sessionCookie] ?? '');
    return session && { email: session.user.email, role: session.user.role };
  }
}

/** What a request says about itself: of its body only the reason and a digest, never what may be secret. */
function lineOf(request: FastifyRequest, actor: Actor): Omit<AuditEntry, 'phase'> {
  const { external_key: key } = request.params as { external_key?: string };
  const { reason } = (request.body ?? {}) as { reason?: unknown };
  return {
    act: `${request.method} ${request.routeOptions.url ?? ''}`,
    actor,
    target: (key ?? request.url.split('?', 1)[0] ?? '').slice(0, TEXT_MAX),
    reason: typeof reason === 'string' ? reason.slice(0, TEXT_MAX) : null,
    requestDigest: createHash('sha256')
      .update(JSON.stringify(request.body ?? null))
      .digest('hex'),
  };
}

/** The stable code of a problem body. */
function codeOf(payload: unknown): string | null {
  if (typeof payload !== 'string') return null;
  const { code } = JSON.parse(payload) as { code?: unknown };
  return typeof code === 'string' ? code : null;
}
