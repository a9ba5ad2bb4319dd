import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { APP_GUARD, DiscoveryModule } from '@nestjs/core';
import { PgPool } from '../database/pool.ts';
import { AuthController, SECURE_COOKIES } from './auth.controller.ts';
import { AuthGuard } from './auth.guard.ts';
import { Csrf } from './csrf.ts';
import { LoginLimiter } from './login-limiter.ts';
import { Passwords } from './passwords.ts';
import { RouteAccessCheck } from './route-access-check.ts';
import { ServiceTokens } from './service-tokens.ts';
import { Sessions } from './sessions.ts';
import { Users } from './users.ts';

export interface IdentityOptions {
  /** Every role a user of this application may have. */
  readonly roles: readonly string[];
  /** Signs anti-forgery tokens; the same on all replicas. */
  readonly sessionSecret: string;
  /** True outside development: cookies travel over TLS only. */
  readonly secureCookies: boolean;
  /**
   * `access_token` unless another is given. Cookies do not know ports: two services on one host need two names, or
   * signing in to one signs out of the other.
   */
  readonly sessionCookie?: string;
}

/**
 * Users, sessions, service tokens, the guard of every route, and `/v1/auth/*`. The application runs both migrations of
 * this folder.
 */
@Module({})
export class IdentityModule {
  static forRoot(options: IdentityOptions): DynamicModule {
    const providers: Provider[] = [
      Passwords,
      { provide: SECURE_COOKIES, useValue: options.secureCookies },
      {
        provide: Csrf,
        useFactory: () =>
          new Csrf({
            secret: options.sessionSecret,
            secureCookies: options.secureCookies,
            sessionCookie: options.sessionCookie ?? 'access_token',
          }),
      },
      {
        provide: Users,
        inject: [PgPool, Passwords],
        useFactory: (pool: PgPool, passwords: Passwords) => new Users(pool, passwords, options.roles),
      },
      { provide: Sessions, inject: [PgPool], useFactory: (pool: PgPool) => new Sessions(pool) },
      { provide: ServiceTokens, inject: [PgPool], useFactory: (pool: PgPool) => new ServiceTokens(pool) },
      { provide: LoginLimiter, inject: [PgPool], useFactory: (pool: PgPool) => new LoginLimiter(pool) },
      RouteAccessCheck,
      { provide: APP_GUARD, useClass: AuthGuard },
    ];
    return {
      module: IdentityModule,
      global: true,
      imports: [DiscoveryModule],
      controllers: [AuthController],
      providers,
      exports: [Passwords, Users, Sessions, ServiceTokens, Csrf],
    };
  }
}
