import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Explanation } from '@tandem/contracts';
import { pageLimit } from '@tandem/platform/http/paging';
import { CurrentService, Scopes } from '@tandem/platform/identity/access';
import type { ServicePrincipal } from '@tandem/platform/identity/principal';
import { accountOfPath } from '../../http/account-of-path.ts';
import { EnrolledAccounts } from '../accounts/enrolled-accounts.ts';
import { ExplainAccount } from './explain-account.ts';
import { ExplainQuery } from './explain.dto.ts';

/** Why figures are what they are, for other services. Reads never write. */
@ApiTags('accounts')
@Controller('v1/billing/accounts/:account/explain')
export class ExplainController {
  constructor(
    private readonly accounts: EnrolledAccounts,
    private readonly explainAccount: ExplainAccount,
  ) {}

  @Get()
  @Scopes('status:read')
  @ApiOperation({ summary: 'Balance, reserved and available at a moment, with what makes them, also in words' })
  @ApiParam({ name: 'account', example: 'v1:partner:77', description: 'External key, or Studio’s id' })
  @ApiResponse({ status: 200, type: Explanation })
  @ApiResponse({ status: 400, description: 'No such key, no such time, or a time ahead' })
  @ApiResponse({ status: 401, description: 'No valid service token' })
  @ApiResponse({ status: 403, description: 'Scope `status:read` missing, or account outside the token’s namespace' })
  @ApiResponse({ status: 404, description: '`account_not_enrolled`' })
  async explain(
    @CurrentService() service: ServicePrincipal,
    @Param('account') account: string,
    @Query() query: ExplainQuery,
  ): Promise<Explanation> {
    const row = await this.accounts.find(accountOfPath(account), service);
    return this.explainAccount.run(row, query.at, pageLimit(query.limit, 20));
  }
}
