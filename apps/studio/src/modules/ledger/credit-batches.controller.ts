import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiResponse, ApiTags, getSchemaPath } from '@nestjs/swagger';
import {
  BATCH_OPERATIONS,
  ConsumeCreditsRequest,
  CreditCommandOutcomes,
  ITEMS_PER_REQUEST_MAX,
  ReleaseCreditsRequest,
  ReserveCreditsRequest,
  type BatchOperation,
  type CreditCommandOutcome,
} from '@tandem/contracts';
import { DomainError, ValidationError } from '@tandem/platform/errors';
import { toValid } from '@tandem/platform/http/validation.pipe';
import { CurrentService, Scopes } from '@tandem/platform/identity/access';
import type { ServicePrincipal } from '@tandem/platform/identity/principal';
import type { Answered } from './credit-answers.ts';
import { CreditRequests } from './credit-requests.ts';

/** Many credit commands in one request, for any accounts. */
@ApiTags('credits')
@Controller('v1/billing/credits')
export class CreditBatchesController {
  constructor(private readonly requests: CreditRequests) {}

  /**
   * Each command is atomic on its own, and commands of one account are applied in the order sent: all of them enter the
   * ledger's queue before the first is answered.
   */
  @Post('commands')
  @HttpCode(200)
  @Scopes('credits:reserve', 'credits:consume', 'credits:release')
  @ApiOperation({ summary: 'Up to 500 reserve, consume and release commands, one outcome each' })
  @ApiBody({
    description: 'Each command is the body of its single route, with `operation` beside its fields',
    schema: {
      type: 'array',
      minItems: 1,
      maxItems: ITEMS_PER_REQUEST_MAX,
      items: {
        anyOf: [ReserveCreditsRequest, ConsumeCreditsRequest, ReleaseCreditsRequest].map((type) => ({
          allOf: [
            { type: 'object', required: ['operation'], properties: { operation: { enum: [...BATCH_OPERATIONS] } } },
            { $ref: getSchemaPath(type) },
          ],
        })),
      },
    },
  })
  @ApiResponse({ status: 200, type: CreditCommandOutcomes })
  @ApiResponse({ status: 400, description: 'Not an array of 1 to 500 commands' })
  async apply(@CurrentService() service: ServicePrincipal, @Body() body: unknown): Promise<CreditCommandOutcomes> {
    if (!Array.isArray(body) || body.length === 0 || body.length > ITEMS_PER_REQUEST_MAX) {
      throw new ValidationError([{ path: '', message: `must be an array of 1 to ${ITEMS_PER_REQUEST_MAX} commands` }]);
    }
    const items: readonly unknown[] = body;
    return { outcomes: await Promise.all(items.map((item) => this.outcome(service, item))) };
  }

  private async outcome(service: ServicePrincipal, item: unknown): Promise<CreditCommandOutcome> {
    try {
      const { answer, replayed } = await this.one(service, item);
      return { status: 201, answer, ...(replayed ? { replayed } : {}) };
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      const faults = error instanceof ValidationError ? { errors: error.errors } : {};
      return {
        status: error.status,
        code: error.code,
        detail: error.message,
        details: { ...error.details, ...faults },
        ...(error.headers?.['Idempotent-Replayed'] === 'true' ? { replayed: true } : {}),
      };
    }
  }

  private one(
    service: ServicePrincipal,
    item: unknown,
  ): Promise<Answered<NonNullable<CreditCommandOutcome['answer']>>> {
    const { operation, ...fields } = readOperation(item);
    switch (operation) {
      case 'reserve':
        return this.requests.reserve(service, toValid(ReserveCreditsRequest, fields));
      case 'consume':
        return this.requests.consume(service, toValid(ConsumeCreditsRequest, fields));
      case 'release':
        return this.requests.release(service, toValid(ReleaseCreditsRequest, fields));
    }
  }
}

function readOperation(item: unknown): { operation: BatchOperation } & Record<string, unknown> {
  const operation = typeof item === 'object' && item !== null ? (item as { operation?: unknown }).operation : undefined;
  if (!BATCH_OPERATIONS.some((known) => known === operation)) {
    throw new ValidationError([{ path: 'operation', message: `must be one of ${BATCH_OPERATIONS.join(', ')}` }]);
  }
  return item as { operation: BatchOperation } & Record<string, unknown>;
}
