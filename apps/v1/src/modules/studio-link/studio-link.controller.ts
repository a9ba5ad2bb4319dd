import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { creditsToNumber } from '@tandem/contracts';
import { ValidationError } from '@tandem/platform/errors';
import { Roles } from '@tandem/platform/identity/access';
import { IdParam } from '../../http/id-param.decorator.ts';
import type { Actor } from '../audit/actor.ts';
import { CurrentActor } from '../audit/current-actor.decorator.ts';
import { ResolveParkedRow } from './resolve-parked-row.ts';
import { DecisionsQuery, ResolveParkedRowRequest } from './studio-link.dto.ts';
import {
  StudioLinkQueries,
  type DecisionRow,
  type OutageRow,
  type ParkedRow,
  type SetbackRow,
} from './studio-link.queries.ts';

/** The decision book, outages and parked rows: what happened while Studio did not answer. */
@ApiTags('studio-link')
@Controller('v1/admin/studio-link')
@Roles('admin')
export class StudioLinkController {
  constructor(
    private readonly queries: StudioLinkQueries,
    private readonly resolveParked: ResolveParkedRow,
  ) {}

  @Get('decisions')
  @ApiOperation({ summary: 'Decisions taken without a fresh answer from Studio, newest first' })
  @ApiResponse({ status: 200, description: '`decisions[]` with verdicts, `next_before_id`' })
  async decisions(@Query() query: DecisionsQuery): Promise<object> {
    const limit = query.limit ?? 50;
    const rows = await this.queries.decisions({
      onlyOpen: query.open ?? false,
      beforeId: query.before_id ?? null,
      limit,
    });
    return {
      decisions: rows.map(toDecisionBody),
      next_before_id: rows.length === limit ? rows.at(-1)?.id : null,
    };
  }

  @Get('outages')
  @ApiOperation({ summary: 'Outages with their closing reports, newest first' })
  @ApiResponse({ status: 200, description: '`outages[]` with decisions by verdict and credits at stake' })
  async outages(): Promise<object> {
    return { outages: (await this.queries.outages(50)).map(toOutageBody) };
  }

  @Get('setbacks')
  @ApiOperation({ summary: 'Times Studio’s ledger went back behind what V1 holds, newest first' })
  @ApiResponse({ status: 200, description: '`setbacks[]` with the rows sent again and how they were answered' })
  async setbacks(): Promise<object> {
    return { setbacks: (await this.queries.setbacks(100)).map(toSetbackBody) };
  }

  @Get('parked')
  @ApiOperation({ summary: 'Rows Studio will not take; each waits for an operator' })
  @ApiResponse({ status: 200, description: '`rows[]`, oldest first' })
  async parked(): Promise<object> {
    return { rows: (await this.queries.parkedRows(100)).map(toParkedBody) };
  }

  @Post('parked/:id')
  @HttpCode(200)
  @ApiOperation({ summary: 'Try a parked row again, skip it, or send it corrected' })
  @ApiResponse({ status: 200, description: 'Decided' })
  @ApiResponse({ status: 404, description: 'The row is not parked' })
  async resolve(
    @CurrentActor() actor: Actor,
    @IdParam() id: number,
    @Body() body: ResolveParkedRowRequest,
  ): Promise<{ success: true }> {
    if (body.action === 'edit') {
      if (!body.body) throw new ValidationError([{ path: 'body', message: 'body is required to edit a row' }]);
      await this.resolveParked.run(actor, id, { kind: 'edit', body: body.body }, body.reason);
    } else {
      await this.resolveParked.run(actor, id, { kind: body.action }, body.reason);
    }
    return { success: true };
  }
}

function toDecisionBody(row: DecisionRow): object {
  return {
    id: row.id,
    operation: row.operation,
    external_key: row.accountKey,
    commission_id: row.commissionId,
    amount: creditsToNumber(row.amount),
    known_mode: row.knownMode,
    known_available: row.knownAvailable === null ? null : creditsToNumber(row.knownAvailable),
    known_age_seconds: row.knownAgeSeconds,
    reason: row.reason,
    outage_id: row.outageId,
    decided_at: row.decidedAt.toISOString(),
    verdict: row.verdict,
    verdict_code: row.verdictCode,
    settled_at: row.settledAt?.toISOString() ?? null,
  };
}

function toOutageBody(row: OutageRow): object {
  return {
    id: row.id,
    reason: row.reason,
    started_at: row.startedAt.toISOString(),
    ended_at: row.endedAt?.toISOString() ?? null,
    decisions: row.decisions,
    amount: creditsToNumber(row.amount),
    refused_amount: creditsToNumber(row.refusedAmount),
  };
}

function toSetbackBody(row: SetbackRow): object {
  return {
    id: row.id,
    external_key: row.accountKey,
    reason: row.reason,
    noticed_at: row.noticedAt.toISOString(),
    actor: row.actor,
    held: row.held,
    found: row.found,
    rows_reopened: row.rowsReopened,
    rows: { open: row.rows.open, as_before: row.rows.asBefore, otherwise: row.rows.otherwise },
    otherwise_ids: row.otherwiseIds,
  };
}

function toParkedBody(row: ParkedRow): object {
  return {
    id: row.id,
    external_key: row.accountKey,
    kind: row.kind,
    event_type: row.eventType,
    idempotency_key: row.idempotencyKey,
    attempts: row.attempts,
    last_error: row.lastError,
    created_at: row.createdAt.toISOString(),
  };
}
