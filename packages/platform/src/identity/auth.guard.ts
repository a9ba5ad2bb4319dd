import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { DomainError } from '../errors.ts';
import { PUBLIC_KEY, ROLES_KEY, SCOPES_KEY } from './access.ts';
import { Csrf } from './csrf.ts';
import type { Principal, ServicePrincipal, UserPrincipal } from './principal.ts';
import { looksLikeServiceToken, ServiceTokens } from './service-tokens.ts';
import { Sessions } from './sessions.ts';

interface RouteAccess {
  readonly isPublic: boolean;
  readonly roles: readonly string[] | undefined;
  readonly scopes: readonly string[] | undefined;
}

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Who calls, and may they: the one guard of every route. */
@Injectable()
export class AuthGuard implements CanActivate {
  // Reading decorators costs more than the rest of the guard; they never change.
  private readonly accessByRoute = new Map<object, Map<object, RouteAccess>>();

  constructor(
    private readonly reflector: Reflector,
    private readonly sessions: Sessions,
    private readonly csrf: Csrf,
    private readonly serviceTokens: ServiceTokens,
  ) {}

  /** Answers without a promise when the credential is remembered: each one awaited costs every request. */
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const access = this.accessOf(context);
    if (access.isPublic) return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const principal = this.authenticate(request);
    return principal instanceof Promise
      ? principal.then((found) => admit(request, found, access))
      : admit(request, principal, access);
  }

  private accessOf(context: ExecutionContext): RouteAccess {
    // A handler inherited by two controllers may have two answers, so both are the key.
    const handler = context.getHandler();
    const controller = context.getClass();
    const known = this.accessByRoute.get(controller)?.get(handler);
    if (known !== undefined) return known;
    const access = readAccess(this.reflector, handler, controller);
    const ofController = this.accessByRoute.get(controller) ?? new Map<object, RouteAccess>();
    this.accessByRoute.set(controller, ofController.set(handler, access));
    return access;
  }

  private authenticate(request: FastifyRequest): Principal | Promise<Principal> {
    const { headers } = request;
    const serviceToken = headers['x-service-token'];
    if (typeof serviceToken === 'string') return this.service(serviceToken);
    const bearer = bearerOf(headers.authorization);
    if (bearer !== undefined) {
      return looksLikeServiceToken(bearer) ? this.service(bearer) : this.user(bearer);
    }
    const apiKey = headers['x-api-key'];
    if (typeof apiKey === 'string') return this.apiKey(apiKey);
    return this.cookieUser(request);
  }

  private service(token: string): ServicePrincipal | Promise<ServicePrincipal> {
    const principal = this.serviceTokens.verify(token);
    return principal instanceof Promise ? principal.then(requireService) : requireService(principal);
  }

  private async apiKey(key: string): Promise<ServicePrincipal> {
    const principal = await this.serviceTokens.verify(key);
    if (principal !== null) return principal;
    throw new DomainError('unauthorized', 'The API key is not valid.', {}, CHALLENGE);
  }

  private async user(token: string): Promise<UserPrincipal> {
    const session = await this.sessions.find(token);
    if (session !== null) return session.user;
    throw new DomainError('unauthorized', 'Authentication is required.', {}, CHALLENGE);
  }

  /** Browsers send cookies whoever wrote the page, so a change also needs the anti-forgery token. */
  private async cookieUser(request: FastifyRequest): Promise<UserPrincipal> {
    const user = await this.user(request.cookies[this.csrf.sessionCookie] ?? '');
    if (!SAFE_METHODS.has(request.method)) this.csrf.check(request);
    return user;
  }
}

const CHALLENGE = { 'www-authenticate': 'Bearer' };

function bearerOf(authorization: string | undefined): string | undefined {
  return authorization === undefined ? undefined : (/^Bearer +(\S+)$/i.exec(authorization)?.[1] ?? '');
}

function requireService(principal: ServicePrincipal | null): ServicePrincipal {
  if (principal !== null) return principal;
  throw new DomainError('INVALID_STUDIO_SERVICE_TOKEN', 'The service token is not valid.', {}, CHALLENGE);
}

function admit(request: FastifyRequest, principal: Principal, access: RouteAccess): true {
  if (!mayCall(principal, access)) throw new DomainError('forbidden', 'You may not do this.');
  request.principal = principal;
  return true;
}

function mayCall(principal: Principal, { roles, scopes }: RouteAccess): boolean {
  if (principal.kind === 'user') return roles !== undefined && (roles.length === 0 || roles.includes(principal.role));
  return scopes !== undefined && scopes.every((scope) => principal.scopes.includes(scope));
}

/** What a route's decorators say; those of the method win over those of its class, all together. */
export function readAccess(reflector: Reflector, handler: object, controller: object): RouteAccess {
  const read = (target: object): RouteAccess => ({
    isPublic: reflector.get<boolean | undefined>(PUBLIC_KEY, target as never) === true,
    roles: reflector.get<string[] | undefined>(ROLES_KEY, target as never),
    scopes: reflector.get<string[] | undefined>(SCOPES_KEY, target as never),
  });
  const ofHandler = read(handler);
  return saysSomething(ofHandler) ? ofHandler : read(controller);
}

/** False for a route whose decorators name nobody at all. */
export function saysSomething({ isPublic, roles, scopes }: RouteAccess): boolean {
  return isPublic || roles !== undefined || scopes !== undefined;
}
