import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Clock } from '@tandem/platform/clock';
import { Roles } from '@tandem/platform/identity/access';
import { ServiceTokens } from '@tandem/platform/identity/service-tokens';
import { CurrentOperator, type Operator } from '../../http/current-operator.ts';
import { ChangeServiceTokens, type FreshToken, refuseToShow } from './change-service-tokens.ts';
import { toServiceTokenRow } from './service-tokens.convert.ts';
import {
  IssuedToken,
  IssueTokenRequest,
  RotateTokenRequest,
  ServiceTokenRow,
  ServiceTokensAnswer,
  TokenActRequest,
} from './service-tokens.dto.ts';

const OVERLAP_MINUTES_DEFAULT = 1440;

/** Credentials of other services. */
@ApiTags('service-tokens')
@ApiResponse({ status: 401, description: 'Not signed in' })
@ApiResponse({ status: 403, description: 'Not an administrator, or CSRF token missing' })
@Controller('v1/operator/service-tokens')
@Roles('admin')
export class ServiceTokensController {
  constructor(
    private readonly tokens: ServiceTokens,
    private readonly changes: ChangeServiceTokens,
    private readonly clock: Clock,
  ) {}

  @Get()
  @ApiOperation({ summary: 'All tokens, newest first, with their last use' })
  @ApiResponse({ status: 200, type: ServiceTokensAnswer })
  async list(): Promise<ServiceTokensAnswer> {
    const now = this.clock.now();
    return { items: (await this.tokens.list()).map((token) => toServiceTokenRow(token, now)) };
  }

  @Post()
  @ApiOperation({ summary: 'Issue a token; it is shown this once' })
  @ApiResponse({ status: 201, type: IssuedToken })
  @ApiResponse({ status: 400, description: '`validation_failed`' })
  @ApiResponse({
    status: 403,
    description:
      'Not an administrator, CSRF token missing, or `credits:manage` asked for: only the command line issues that',
  })
  async issue(@CurrentOperator() actor: Operator, @Body() body: IssueTokenRequest): Promise<IssuedToken> {
    const { client, scopes, reason } = body;
    refuseToShow(scopes);
    const grant = { client, scopes, namespace: body.namespace ?? null, expiresAt: timeOf(body.expires_at) };
    return this.shown(await this.changes.issue({ actor, reason }, grant));
  }

  @Post(':id/rotate')
  @ApiOperation({ summary: 'Issue a successor; both are valid until the old one’s time is over' })
  @ApiResponse({ status: 201, type: IssuedToken })
  @ApiResponse({ status: 403, description: 'As for issuing: the successor of a `credits:manage` token is one too' })
  @ApiResponse({ status: 404, description: '`not_found`' })
  @ApiResponse({ status: 409, description: '`invalid_transition`: it ended, or has a successor already' })
  async rotate(
    @CurrentOperator() actor: Operator,
    @Param('id') id: string,
    @Body() body: RotateTokenRequest,
  ): Promise<IssuedToken> {
    const overlapMinutes = body.overlap_minutes ?? OVERLAP_MINUTES_DEFAULT;
    const rotation = { overlapMinutes, expiresAt: timeOf(body.expires_at) };
    return this.shown(await this.changes.rotate({ actor, reason: body.reason }, id, rotation));
  }

  @Post(':id/revoke')
  @HttpCode(200)
  @ApiOperation({ summary: 'End a token, everywhere within two seconds' })
  @ApiResponse({ status: 200, type: ServiceTokenRow })
  @ApiResponse({ status: 404, description: '`not_found`' })
  async revoke(
    @CurrentOperator() actor: Operator,
    @Param('id') id: string,
    @Body() body: TokenActRequest,
  ): Promise<ServiceTokenRow> {
    return toServiceTokenRow(await this.changes.revoke({ actor, reason: body.reason }, id), this.clock.now());
  }

  private shown({ row, token }: FreshToken): IssuedToken {
    return { ...toServiceTokenRow(row, this.clock.now()), token };
  }
}

function timeOf(text: string | null | undefined): Date | null {
  return text == null ? null : new Date(text);
}
