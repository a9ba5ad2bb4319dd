import { Body, Controller, Get, HttpCode, Param, ParseUUIDPipe, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { pageLimit, toPage } from '@tandem/platform/http/paging';
import { Roles } from '@tandem/platform/identity/access';
import { CurrentOperator, type Operator } from '../../http/current-operator.ts';
import { readCursor } from '../../http/read-cursor.ts';
import { toApprovalRow } from './approval.convert.ts';
import { ApprovalListQuery, ApprovalRow, ApprovalsPage, DecideApprovalRequest } from './approval.dto.ts';
import { approvalNotFound } from './approval.errors.ts';
import { DecideApproval } from './decide-approval.ts';
import { OperatorActsQueries } from './operator-acts.queries.ts';

/** Acts that need a second person. */
@ApiTags('approvals')
@ApiResponse({ status: 401, description: 'Not signed in' })
@Controller('v1/operator/approvals')
export class ApprovalsController {
  constructor(
    private readonly acts: OperatorActsQueries,
    private readonly decideApproval: DecideApproval,
  ) {}

  @Get()
  @Roles('admin', 'operator', 'viewer')
  @ApiOperation({ summary: 'Requests, newest first' })
  @ApiResponse({ status: 200, type: ApprovalsPage })
  @ApiResponse({ status: 400, description: '`validation_failed`, or a bad cursor' })
  async page(@Query() query: ApprovalListQuery): Promise<ApprovalsPage> {
    const limit = pageLimit(query.limit);
    const before = readCursor(query.cursor, ['uuid'])?.[0] ?? undefined;
    const filter = { status: query.status, externalKey: query.external_key };
    const found = await this.acts.approvals(filter, limit + 1, before);
    const page = toPage(found, limit, (row) => [row.act_id]);
    return { items: page.rows.map(toApprovalRow), next_cursor: page.next_cursor };
  }

  @Get(':id')
  @Roles('admin', 'operator', 'viewer')
  @ApiOperation({ summary: 'One request' })
  @ApiResponse({ status: 200, type: ApprovalRow })
  @ApiResponse({ status: 404, description: '`not_found`' })
  async one(@Param('id', ParseUUIDPipe) id: string): Promise<ApprovalRow> {
    const row = await this.acts.approval(id);
    if (!row) throw approvalNotFound();
    return toApprovalRow(row);
  }

  @Post(':id/approve')
  @HttpCode(200)
  @Roles('admin')
  @ApiOperation({ summary: 'Say yes, and do it; never to your own request' })
  @ApiResponse({
    status: 200,
    type: ApprovalRow,
    description: 'EXECUTED, REFUSED, or APPROVED and done within minutes',
  })
  @ApiResponse({ status: 403, description: 'Not an administrator; `second_approver_required`' })
  @ApiResponse({ status: 404, description: '`not_found`' })
  @ApiResponse({ status: 409, description: '`approval_not_pending`' })
  async approve(
    @CurrentOperator() approver: Operator,
    @Param('id', ParseUUIDPipe) id: string,
    @Body() body: DecideApprovalRequest,
  ): Promise<ApprovalRow> {
    await this.decideApproval.run({ actId: id, approver, verdict: 'approve', reason: body.reason });
    return this.one(id);
  }

  @Post(':id/reject')
  @HttpCode(200)
  @Roles('admin')
  @ApiOperation({ summary: 'Say no; never to your own request' })
  @ApiResponse({ status: 200, type: ApprovalRow })
  @ApiResponse({ status: 403, description: 'Not an administrator; `second_approver_required`' })
  @ApiResponse({ status: 404, description: '`not_found`' })
  @ApiResponse({ status: 409, description: '`approval_not_pending`' })
  async reject(
    @CurrentOperator() approver: Operator,
    @Param('id', ParseUUIDPipe) id: string,
    @Body() body: DecideApprovalRequest,
  ): Promise<ApprovalRow> {
    await this.decideApproval.run({ actId: id, approver, verdict: 'reject', reason: body.reason });
    return this.one(id);
  }
}
