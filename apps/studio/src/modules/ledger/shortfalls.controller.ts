import { Body, Controller, Get, HttpCode, Param, ParseUUIDPipe, Post, Query, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ClaimShortfallRequest, Shortfall, ShortfallListQuery, ShortfallsPage } from '@tandem/contracts';
import { CurrentService, Scopes } from '@tandem/platform/identity/access';
import type { ServicePrincipal } from '@tandem/platform/identity/principal';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CloseShortfall } from './close-shortfall.ts';
import { ReadShortfalls } from './read-shortfalls.ts';
import { toShortfall } from './shortfalls.convert.ts';

/** Charges that were due and could not be covered, for the service that invoices them. */
@ApiTags('credits')
@ApiResponse({ status: 401, description: 'No valid service token' })
@ApiResponse({ status: 403, description: 'Scope missing, or account outside the token’s namespace' })
@Controller('v1/billing/shortfalls')
export class ShortfallsController {
  constructor(
    private readonly read: ReadShortfalls,
    private readonly closeShortfall: CloseShortfall,
  ) {}

  @Get()
  @Scopes('status:read')
  @ApiOperation({ summary: 'Shortfalls of the accounts the token may use, newest first' })
  @ApiResponse({ status: 200, type: ShortfallsPage })
  @ApiResponse({ status: 400, description: '`validation_failed`, or a bad cursor' })
  async page(@CurrentService() service: ServicePrincipal, @Query() query: ShortfallListQuery): Promise<ShortfallsPage> {
    return this.read.run(query, service.namespace);
  }

  @Post(':id/claim')
  @HttpCode(200)
  @Scopes('credits:consume')
  @ApiOperation({ summary: 'Say which invoice asks for it; before the invoice is made' })
  @ApiResponse({ status: 200, type: Shortfall, description: 'Claimed by this invoice, now or before' })
  @ApiResponse({ status: 400, description: '`validation_failed`' })
  @ApiResponse({ status: 404, description: '`shortfall_not_found`' })
  @ApiResponse({ status: 409, description: '`shortfall_not_open`: another invoice has it, or it was paid or waived' })
  async claim(
    @CurrentService() service: ServicePrincipal,
    @Param('id', ParseUUIDPipe) id: string,
    @Body() body: ClaimShortfallRequest,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Shortfall> {
    const { row, replayed } = await this.closeShortfall.claim({
      shortfallId: id,
      namespace: service.namespace,
      invoiceRef: body.invoice_ref,
      actor: { email: body.acting_user ?? service.client, role: `service ${service.client}`, requestId: request.id },
    });
    if (replayed) void reply.header('Idempotent-Replayed', 'true');
    return toShortfall(row);
  }
}
