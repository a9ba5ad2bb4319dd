import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { EntryLots, LotMovementsPage, LotsPage } from '@tandem/contracts';
import { Roles } from '@tandem/platform/identity/access';
import { PageQuery } from '../../http/account-activity.dto.ts';
import { KnownAccounts } from '../accounts/known-accounts.ts';
import { STUDIO_ROLES } from '../operator/operator-roles.ts';
import { ReadLots } from './read-lots.ts';

/** Lots for the people who run Studio. */
@ApiTags('operator')
@ApiParam({ name: 'external_key', example: 'v1:partner:77' })
@ApiResponse({ status: 400, description: '`validation_failed`, or a bad cursor' })
@ApiResponse({ status: 401, description: 'Not signed in' })
@ApiResponse({ status: 403, description: 'Not a person' })
@Controller('v1/operator/accounts/:external_key')
@Roles(...STUDIO_ROLES)
export class OperatorLotsController {
  constructor(
    private readonly accounts: KnownAccounts,
    private readonly lots: ReadLots,
  ) {}

  @Get('lots')
  @ApiOperation({ summary: 'Lots and what is left of them, newest first' })
  @ApiResponse({ status: 200, type: LotsPage })
  @ApiResponse({ status: 404, description: '`account_not_enrolled`' })
  async page(@Param('external_key') externalKey: string, @Query() query: PageQuery): Promise<LotsPage> {
    return this.lots.page((await this.accounts.find(externalKey)).account_id, query);
  }

  @Get('lots/:id/movements')
  @ApiOperation({ summary: 'Where one lot came from and where it went, newest first' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiResponse({ status: 200, type: LotMovementsPage })
  @ApiResponse({ status: 404, description: '`account_not_enrolled`, `not_found`' })
  async movements(
    @Param('external_key') externalKey: string,
    @Param('id') id: string,
    @Query() query: PageQuery,
  ): Promise<LotMovementsPage> {
    return this.lots.movements((await this.accounts.find(externalKey)).account_id, id, query);
  }

  @Get('ledger/:seq/lots')
  @ApiOperation({ summary: 'Which lots one movement took from, gave back to or brought, and what its hold keeps' })
  @ApiParam({ name: 'seq', example: '12' })
  @ApiResponse({ status: 200, type: EntryLots })
  @ApiResponse({ status: 404, description: '`account_not_enrolled`, `ledger_entry_not_found`' })
  async ofEntry(@Param('external_key') externalKey: string, @Param('seq') seq: string): Promise<EntryLots> {
    return this.lots.ofEntry((await this.accounts.find(externalKey)).account_id, seq);
  }
}
