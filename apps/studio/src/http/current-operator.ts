import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

/** The signed-in person of a request, as the audit trail names them. */
export interface Operator {
  readonly id: number;
  readonly email: string;
  readonly role: string;
  /** Request they act by. */
  readonly requestId: string;
}

/** Parameter: the signed-in person and the request they act by, on routes that only have `@Roles`. */
export const CurrentOperator = createParamDecorator((_: unknown, context: ExecutionContext): Operator => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  const { principal } = request;
  if (principal?.kind !== 'user') throw new Error('Only people are operators; this route lets somebody else in.');
  const { id, email, role } = principal;
  return { id, email, role, requestId: request.id };
});
