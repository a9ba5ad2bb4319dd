import { Body, Controller, Get, HttpCode, Param, ParseUUIDPipe, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiProperty, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Shortfall, ShortfallListQuery, ShortfallsPage } from '@tandem/contracts';
import { Roles } from '@tandem/platform/identity/access';
import { IsString, Matches, MaxLength } from 'class-validator';
import { CurrentOperator, type Operator } from '../../http/current-operator.ts';
import { accountOfKey } from '../accounts/account-selector.ts';
import { CloseShortfall } from '../ledger/close-shortfall.ts';
import { ReadShortfalls } from '../ledger/read-shortfalls.ts';
import { toShortfall } from '../ledger/shortfalls.convert.ts';
import { OPERATOR_WRITERS, STUDIO_ROLES } from './operator-roles.ts';

/** `POST /v1/operator/accounts/{external_key}/shortfalls/{shortfall_id}/waive` */
export class WaiveShortfallRequest {
  @ApiProperty({ description: 'Why nobody asks for it any more; kept with it' })
  @IsString()
  @Matches(/\S/, { message: 'reason must not be blank' })
  @MaxLength(1000)
  reason: string;
}

/** Charges that could not be covered, for the people who run Studio. */
@ApiTags('operator')
@ApiResponse({ status: 400, description: '`validation_failed`, or a bad cursor' })
@ApiResponse({ status: 401, description: 'Not signed in' })
@ApiResponse({ status: 403, description: 'Role not sufficient, or CSRF token missing' })
@Controller('v1/operator')
export class OperatorShortfallsController {
  constructor(
    private readonly read: ReadShortfalls,
    private readonly closeShortfall: CloseShortfall,
  ) {}

  @Get('shortfalls')
  @Roles(...STUDIO_ROLES)
  @ApiOperation({ summary: 'Shortfalls of all accounts, newest first' })
  @ApiResponse({ status: 200, type: ShortfallsPage })
  async page(@Query() query: ShortfallListQuery): Promise<ShortfallsPage> {
    return this.read.run(query, null);
  }

  @Post('accounts/:external_key/shortfalls/:shortfall_id/waive')
  @HttpCode(200)
  @Roles(...OPERATOR_WRITERS)
  @ApiOperation({ summary: 'Ask nobody for it any more' })
  @ApiParam({ name: 'external_key', example: 'v1:partner:77' })
  @ApiResponse({ status: 200, type: Shortfall })
  @ApiResponse({ status: 404, description: '`shortfall_not_found`' })
  @ApiResponse({ status: 409, description: '`shortfall_not_open`' })
  async waive(
    @CurrentOperator() operator: Operator,
    @Param('external_key') externalKey: string,
    @Param('shortfall_id', ParseUUIDPipe) shortfallId: string,
    @Body() body: WaiveShortfallRequest,
  ): Promise<Shortfall> {
    const { accountId } = accountOfKey(externalKey, null);
    return toShortfall(
      await this.closeShortfall.waive({ accountId, shortfallId, reason: body.reason, actor: operator }),
    );
  }
}
