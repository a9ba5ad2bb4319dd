import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Explanation } from '@tandem/contracts';
import { pageLimit } from '@tandem/platform/http/paging';
import { Roles } from '@tandem/platform/identity/access';
import { KnownAccounts } from '../accounts/known-accounts.ts';
import { STUDIO_ROLES } from '../operator/operator-roles.ts';
import { ExplainAccount } from './explain-account.ts';
import { ExplainQuery } from './explain.dto.ts';

/** Why figures are what they are, for the people who run Studio. */
@ApiTags('operator')
@Controller('v1/operator/accounts/:external_key/explain')
export class OperatorExplainController {
  constructor(
    private readonly accounts: KnownAccounts,
    private readonly explainAccount: ExplainAccount,
  ) {}

  @Get()
  @Roles(...STUDIO_ROLES)
  @ApiOperation({ summary: 'Balance, reserved and available at a moment, with what makes them, also in words' })
  @ApiParam({ name: 'external_key', example: 'v1:partner:77' })
  @ApiResponse({ status: 200, type: Explanation })
  @ApiResponse({ status: 400, description: 'No such key, no such time, or a time ahead' })
  @ApiResponse({ status: 401, description: 'Not signed in' })
  @ApiResponse({ status: 403, description: 'Not a person' })
  @ApiResponse({ status: 404, description: '`account_not_enrolled`' })
  async explain(@Param('external_key') externalKey: string, @Query() query: ExplainQuery): Promise<Explanation> {
    return this.explainAccount.run(await this.accounts.find(externalKey), query.at, pageLimit(query.limit, 20));
  }
}
