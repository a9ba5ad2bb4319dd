import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type {} from '@tandem/platform/identity/principal';
import { DomainError } from '@tandem/platform/errors';

/**
 * Admins only, with the text existing monitor pages show (CONTRACT 1.7). Runs after the one guard of every route, which
 * has established who calls.
 */
@Injectable()
export class RequireAdmin implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { principal } = context.switchToHttp().getRequest<FastifyRequest>();
    if (principal?.kind === 'user' && principal.role === 'admin') return true;
    throw new DomainError('forbidden', 'Admin role required');
  }
}
