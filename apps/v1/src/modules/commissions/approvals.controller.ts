import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Roles } from '@tandem/platform/identity/access';
import { STAFF_READERS } from '../identity/roles.ts';
import { ApprovalsQueries } from './approvals.queries.ts';
import { toApprovalRow } from './commission.convert.ts';
import { ApprovalsBody } from './commission.dto.ts';

/** The approvals screen: every open commission with mode and credit availability (UI-13, UI-14). */
@ApiTags('commissions')
@Controller('v1/approvals')
@Roles(...STAFF_READERS)
export class ApprovalsController {
  constructor(private readonly queries: ApprovalsQueries) {}

  @Get()
  @ApiOperation({ summary: 'Open commissions with what their accounts can afford' })
  @ApiResponse({ status: 200, type: ApprovalsBody })
  async list(): Promise<ApprovalsBody> {
    const { approvals, studio } = await this.queries.page();
    return {
      approvals: approvals.map(({ commission, affordability }) => toApprovalRow(commission, affordability)),
      studio,
    };
  }
}
