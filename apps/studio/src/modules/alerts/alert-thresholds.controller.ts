import { Body, Controller, Get, Param, Put } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { creditsToDecimal, parseCredits } from '@tandem/contracts';
import { Roles } from '@tandem/platform/identity/access';
import { CurrentOperator, type Operator } from '../../http/current-operator.ts';
import { isEnrolled } from '../accounts/account.convert.ts';
import { accountNotEnrolled } from '../accounts/account.errors.ts';
import { AccountQueries } from '../accounts/account.queries.ts';
import { accountOfKey } from '../accounts/account-selector.ts';
import { OPERATOR_WRITERS, STUDIO_ROLES } from '../operator/operator-roles.ts';
import { AlertThresholdQueries } from './alert-threshold.queries.ts';
import { AlertThresholds, ChangeAlertThresholdsRequest } from './alert-thresholds.dto.ts';
import { ChangeAlertThresholds } from './change-alert-thresholds.ts';

/** At how few available credits an account is called low. */
@ApiTags('alerts')
@ApiParam({ name: 'external_key', example: 'v1:partner:77' })
@ApiResponse({ status: 401, description: 'Not signed in' })
@ApiResponse({ status: 403, description: 'Role not sufficient, or CSRF token missing' })
@ApiResponse({ status: 404, description: '`account_not_enrolled`' })
@Controller('v1/operator/accounts/:external_key/alert-thresholds')
export class AlertThresholdsController {
  constructor(
    private readonly accounts: AccountQueries,
    private readonly thresholds: AlertThresholdQueries,
    private readonly change: ChangeAlertThresholds,
  ) {}

  @Get()
  @Roles(...STUDIO_ROLES)
  @ApiOperation({ summary: 'Thresholds of an account and the state each is in' })
  @ApiResponse({ status: 200, type: AlertThresholds })
  async list(@Param('external_key') externalKey: string): Promise<AlertThresholds> {
    const account = await this.accounts.byId(accountOfKey(externalKey, null).accountId);
    if (!account || !isEnrolled(account)) throw accountNotEnrolled();
    return this.answer(account.account_id);
  }

  @Put()
  @Roles(...OPERATOR_WRITERS)
  @ApiOperation({
    summary: 'Set the thresholds of an account, all at once; an empty list removes them',
    description:
      'Each crossing, down or up, is one row on the timeline and one outgoing webhook. A threshold set while the account is already low tells nothing until the account recovers: the answer shows it as low.',
  })
  @ApiResponse({ status: 200, type: AlertThresholds, description: 'Set now, or before' })
  @ApiResponse({ status: 400, description: '`validation_failed`' })
  @ApiResponse({ status: 409, description: '`stale_version`' })
  async set(
    @CurrentOperator() operator: Operator,
    @Param('external_key') externalKey: string,
    @Body() body: ChangeAlertThresholdsRequest,
  ): Promise<AlertThresholds> {
    const { accountId } = accountOfKey(externalKey, null);
    const edit = { accountId, actor: operator.email, by: operator, reason: body.reason, version: body.version };
    await this.change.run(edit, body.thresholds.map(parseCredits));
    return this.answer(accountId);
  }

  private async answer(accountId: string): Promise<AlertThresholds> {
    const rows = await this.thresholds.ofAccount(accountId);
    return {
      items: rows.map((row) => ({
        threshold: creditsToDecimal(BigInt(row.threshold_micro)),
        is_low: row.is_low,
        created_at: row.created_at.toISOString(),
      })),
    };
  }
}
