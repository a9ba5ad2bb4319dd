import { Body, Controller, Get, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DomainError } from '../errors.ts';
import { CurrentUser, Public, Roles } from './access.ts';
import { CsrfAnswer, LoginAnswer, LoginRequest, MeAnswer, SignedInUser } from './auth.dto.ts';
import { Csrf, CSRF_COOKIE } from './csrf.ts';
import { LoginLimiter } from './login-limiter.ts';
import type { UserPrincipal } from './principal.ts';
import { SESSION_SECONDS, Sessions } from './sessions.ts';
import { Users } from './users.ts';

export const SECURE_COOKIES = Symbol('secure cookies');

@ApiTags('auth')
@Controller('v1/auth')
export class AuthController {
  constructor(
    private readonly users: Users,
    private readonly sessions: Sessions,
    private readonly csrf: Csrf,
    private readonly limiter: LoginLimiter,
    @Inject(SECURE_COOKIES) private readonly secureCookies: boolean,
  ) {}

  @Public()
  @Post('login')
  @HttpCode(200)
  @ApiOperation({ summary: 'Sign in; sets the session cookie' })
  @ApiOkResponse({ type: LoginAnswer })
  async login(
    @Body() body: LoginRequest,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<LoginAnswer> {
    await this.limiter.count(request.ip, body.email);
    const user = await this.users.authenticate(body.email, body.password);
    if (user === null) throw new DomainError('invalid_credentials', 'The e-mail address or the password is wrong.');
    // Always a new session: one planted before signing in stays worthless.
    const token = await this.sessions.create(user.id);
    await this.limiter.forgetOld();
    void reply.setCookie(this.csrf.sessionCookie, token, { ...this.cookie(), maxAge: SESSION_SECONDS });
    const { id, email, name, role, client_id } = user;
    return { success: true, token, user: { id, email, name, role, client_id } };
  }

  @Roles()
  @Post('logout')
  @HttpCode(200)
  @ApiOperation({ summary: 'Sign out; copies of the token stop working too' })
  async logout(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<{ success: true }> {
    const bearer = request.headers.authorization?.replace(/^Bearer +/i, '');
    await this.sessions.revoke(bearer ?? request.cookies[this.csrf.sessionCookie] ?? '');
    void reply.clearCookie(this.csrf.sessionCookie, this.cookie()).clearCookie(CSRF_COOKIE, { path: '/' });
    return { success: true };
  }

  @Roles()
  @Get('me')
  @ApiOperation({ summary: 'The signed-in user' })
  @ApiOkResponse({ type: MeAnswer })
  me(@CurrentUser() user: UserPrincipal): MeAnswer {
    return { success: true, user: SignedInUser.of(user) };
  }

  @Public()
  @Get('csrf')
  @ApiOperation({ summary: 'A token that proves a change was made by our own page' })
  @ApiOkResponse({ type: CsrfAnswer })
  csrfToken(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): CsrfAnswer {
    return { success: true, token: this.csrf.issue(request, reply) };
  }

  private cookie() {
    return { path: '/', httpOnly: true, sameSite: 'lax', secure: this.secureCookies } as const;
  }
}
