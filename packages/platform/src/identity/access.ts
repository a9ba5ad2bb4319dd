import { createParamDecorator, SetMetadata, type CustomDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Principal, ServicePrincipal, UserPrincipal } from './principal.ts';

export const PUBLIC_KEY = 'tandem:public';
export const ROLES_KEY = 'tandem:roles';
export const SCOPES_KEY = 'tandem:scopes';

/** Anybody may call this route. */
export const Public = (): CustomDecorator => SetMetadata(PUBLIC_KEY, true);

/** Signed-in users with one of these roles may call this route; without arguments every signed-in user. */
export const Roles = (...roles: string[]): CustomDecorator => SetMetadata(ROLES_KEY, roles);

/** Services whose token has all of these scopes may call this route. */
export const Scopes = (...scopes: [string, ...string[]]): CustomDecorator => SetMetadata(SCOPES_KEY, scopes);

/** Any service may call this route, which asks for the scopes of what it is told to do by itself. */
export const AnyService = (): CustomDecorator => SetMetadata(SCOPES_KEY, []);

function principalOf({ principal }: FastifyRequest): Principal {
  if (principal === undefined) throw new Error('A public route has no principal to read.');
  return principal;
}

/** Parameter: whoever called, a user or a service. */
export const CurrentPrincipal = createParamDecorator((_: unknown, context: ExecutionContext) =>
  principalOf(context.switchToHttp().getRequest<FastifyRequest>()),
);

/** Parameter: the signed-in user, on routes that only have `@Roles`. */
export const CurrentUser = createParamDecorator((_: unknown, context: ExecutionContext): UserPrincipal => {
  const principal = principalOf(context.switchToHttp().getRequest<FastifyRequest>());
  if (principal.kind !== 'user') throw new Error('This route is open to services; read CurrentPrincipal instead.');
  return principal;
});

/** The calling service, on routes that only have `@Scopes`: what `CurrentService` is, without the way through the pipes. */
export function serviceOf(request: FastifyRequest): ServicePrincipal {
  const principal = principalOf(request);
  if (principal.kind !== 'service') throw new Error('This route is open to users; read CurrentPrincipal instead.');
  return principal;
}

/** Parameter: the calling service, on routes that only have `@Scopes`. */
export const CurrentService = createParamDecorator((_: unknown, context: ExecutionContext) =>
  serviceOf(context.switchToHttp().getRequest<FastifyRequest>()),
);
