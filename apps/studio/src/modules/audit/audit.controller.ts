import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { pageLimit, toPage } from '@tandem/platform/http/paging';
import { Roles } from '@tandem/platform/identity/access';
import { readCursor } from '../../http/read-cursor.ts';
import type { AuditSqlRow } from './audit-entry.ts';
import { AuditListQuery, AuditPage, AuditVerification, type AuditRow } from './audit.dto.ts';
import { AuditQueries } from './audit.queries.ts';

/** Who did what, and who was refused what. */
@ApiTags('audit')
@ApiResponse({ status: 401, description: 'Not signed in' })
@ApiResponse({ status: 403, description: 'Not an administrator' })
@Controller('v1/operator/audit')
@Roles('admin')
export class AuditController {
  constructor(private readonly audit: AuditQueries) {}

  @Get()
  @ApiOperation({ summary: 'Lines of the audit trail, newest first' })
  @ApiResponse({ status: 200, type: AuditPage })
  @ApiResponse({ status: 400, description: '`validation_failed`, or a bad cursor' })
  async page(@Query() query: AuditListQuery): Promise<AuditPage> {
    const limit = pageLimit(query.limit);
    const before = readCursor(query.cursor, ['uuid'])?.[0] ?? undefined;
    const { act_id, limit: _limit, cursor: _cursor, ...filter } = query;
    const found = await this.audit.page({ ...filter, actId: act_id }, limit + 1, before);
    const page = toPage(found, limit, (row) => [row.entry_id]);
    return { items: page.rows.map(toAuditRow), next_cursor: page.next_cursor };
  }

  @Get('verification')
  @ApiOperation({ summary: 'Goes through the whole chain and names the lines that do not fit' })
  @ApiResponse({ status: 200, type: AuditVerification })
  async verification(): Promise<AuditVerification> {
    const { entries, head, brokenCount, broken } = await this.audit.verify();
    return { ok: brokenCount === 0, entries, head, broken_count: brokenCount, broken: [...broken] };
  }
}

function toAuditRow(row: AuditSqlRow): AuditRow {
  const { entry_id: id, day, position, digest, recorded_at, ...rest } = row;
  return {
    id,
    recorded_at: recorded_at.toISOString(),
    ...rest,
    chain_position: `${day}/${position}`,
    digest: digest.toString('hex'),
  };
}
