import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type {} from '@tandem/platform/identity/principal';
import type { Actor } from './actor.ts';

const USER_AGENT_LENGTH_MAX = 256;

/** The actor behind a request: from the verified principal, never from the body. */
export const CurrentActor = createParamDecorator((_: unknown, context: ExecutionContext): Actor => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  const { principal } = request;
  if (principal === undefined) throw new Error('CurrentActor is only for routes behind the guard');
  return {
    label: principal.kind === 'user' ? principal.email : `service:${principal.client}`,
    userId: principal.kind === 'user' ? principal.id : null,
    ipAddress: request.ip,
    userAgent: request.headers['user-agent']?.slice(0, USER_AGENT_LENGTH_MAX) ?? null,
  };
});
