import { Body, Controller, Get, Header, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiPropertyOptional, ApiResponse, ApiTags } from '@nestjs/swagger';
import { AccountStatus, AccountStatusesAnswer, AccountStatusesRequest } from '@tandem/contracts';
import { ValidationError } from '@tandem/platform/errors';
import { CurrentService, Scopes } from '@tandem/platform/identity/access';
import type { ServicePrincipal } from '@tandem/platform/identity/principal';
import { IsOptional, IsString, isUUID } from 'class-validator';
import { isEnrolled, toAccountStatus, toAccountStatusJson } from './account.convert.ts';
import { accountNotEnrolled } from './account.errors.ts';
import { AccountQueries } from './account.queries.ts';
import { accountOfKey, checkNamespace } from './account-selector.ts';

/** `GET /v1/billing/accounts/status` */
export class AccountStatusQuery {
  @ApiPropertyOptional({ example: 'v1:partner:77', description: 'Required' })
  @IsOptional()
  @IsString()
  external_key?: string;
}

/** What services ask about accounts (CONTRACT 1.1, 1.2). Reads never write. */
@ApiTags('accounts')
@ApiResponse({ status: 401, description: 'No valid service token' })
@ApiResponse({ status: 403, description: 'Scope `status:read` missing, or account outside the token’s namespace' })
@Controller('v1/billing/accounts')
export class AccountStatusController {
  constructor(private readonly accounts: AccountQueries) {}

  @Get('status')
  @Scopes('status:read')
  @ApiOperation({ summary: 'Status of an account, by its key' })
  @ApiResponse({ status: 200, type: AccountStatus })
  @ApiResponse({ status: 400, description: 'Key missing or not canonical' })
  @ApiResponse({ status: 404, description: '`account_not_enrolled`' })
  async statusByKey(
    @CurrentService() service: ServicePrincipal,
    @Query() query: AccountStatusQuery,
  ): Promise<AccountStatus> {
    const key = query.external_key?.trim() ?? '';
    if (key === '') {
      const message = 'external_key is required';
      throw new ValidationError([{ path: 'external_key', message }], message);
    }
    return this.statusOf(accountOfKey(key, service.namespace).accountId, service);
  }

  @Get(':accountId/status')
  @Scopes('status:read')
  @ApiOperation({ summary: 'Status of an account, by Studio’s id' })
  @ApiResponse({ status: 200, type: AccountStatus })
  @ApiResponse({ status: 400, description: 'Not a UUID' })
  @ApiResponse({ status: 404, description: '`account_not_enrolled`' })
  async statusById(
    @CurrentService() service: ServicePrincipal,
    @Param('accountId') accountId: string,
  ): Promise<AccountStatus> {
    if (!isUUID(accountId)) {
      const message = 'account_id must be a UUID';
      throw new ValidationError([{ path: 'account_id', message }], message);
    }
    return this.statusOf(accountId.toLowerCase(), service);
  }

  @Post('statuses')
  @HttpCode(200)
  @Header('Content-Type', 'application/json; charset=utf-8')
  @Scopes('status:read')
  @ApiOperation({ summary: 'Status of up to 500 accounts in one read, in the order asked' })
  @ApiResponse({ status: 200, type: AccountStatusesAnswer })
  @ApiResponse({ status: 400, description: '`validation_failed`' })
  async statuses(@CurrentService() service: ServicePrincipal, @Body() body: AccountStatusesRequest): Promise<string> {
    const asked = body.external_keys.map((key) => accountOfKey(key, service.namespace));
    const rows = await this.accounts.statusesByIds(asked.map((account) => account.accountId));
    const items = asked.map(({ accountId, externalKey }) => {
      const row = rows.get(accountId);
      const status = row && isEnrolled(row) ? toAccountStatusJson(row) : null;
      return `{"external_key":"${externalKey}","not_enrolled":${status === null},"status":${status}}`;
    });
    return `{"statuses":[${items.join(',')}]}`;
  }

  private async statusOf(accountId: string, service: ServicePrincipal): Promise<AccountStatus> {
    const row = (await this.accounts.statusesByIds([accountId])).get(accountId);
    if (row) checkNamespace(row.external_key, service.namespace);
    if (!row || !isEnrolled(row)) throw accountNotEnrolled();
    return toAccountStatus(row);
  }
}
