import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiBody, ApiExtraModels, ApiOperation, ApiResponse, ApiTags, getSchemaPath } from '@nestjs/swagger';
import {
  AdjustCommand,
  BATCH_SCOPES,
  ChargeCreditsRequest,
  ClawbackCommand,
  ConsumeCreditsRequest,
  CreditCommandOutcomes,
  ExtendCommand,
  GrantCommand,
  ITEMS_PER_REQUEST_MAX,
  PurchaseCommand,
  ReleaseCreditsRequest,
  ReserveCreditsRequest,
  ReverseCommand,
  TransferCommand,
  type BatchOperation,
  type CreditCommandOutcome,
} from '@tandem/contracts';
import { DomainError, ValidationError } from '@tandem/platform/errors';
import { compileValid, toValid } from '@tandem/platform/http/validation.pipe';
import { AnyService, CurrentService } from '@tandem/platform/identity/access';
import type { ServicePrincipal } from '@tandem/platform/identity/principal';
import type { Answered, CreditAnswer } from './credit-answers.ts';
import type { CreditCommand } from './credit-command.ts';
import { CreditRequests, type ReadCommand } from './credit-requests.ts';
import { readManaged } from './managed-commands.ts';

const toReserve = compileValid(ReserveCreditsRequest);
const toConsume = compileValid(ConsumeCreditsRequest);
const toRelease = compileValid(ReleaseCreditsRequest);

/** The body of each command of a batch, for the document. */
const COMMAND_BODIES = {
  reserve: ReserveCreditsRequest,
  extend: ExtendCommand,
  consume: ConsumeCreditsRequest,
  release: ReleaseCreditsRequest,
  charge: ChargeCreditsRequest,
  grant: GrantCommand,
  purchase: PurchaseCommand,
  adjust: AdjustCommand,
  reverse: ReverseCommand,
  transfer: TransferCommand,
  clawback: ClawbackCommand,
} satisfies Record<BatchOperation, new () => object>;

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
  @AnyService()
  @ApiOperation({ summary: 'Up to 500 commands for any accounts, one outcome each' })
  @ApiExtraModels(...Object.values(COMMAND_BODIES))
  @ApiBody({
    description: 'Each command is an `operation` beside the fields of its body; the token needs the scope of each',
    schema: {
      type: 'array',
      minItems: 1,
      maxItems: ITEMS_PER_REQUEST_MAX,
      items: {
        anyOf: Object.entries(COMMAND_BODIES).map(([operation, type]) => ({
          allOf: [
            { type: 'object', required: ['operation'], properties: { operation: { enum: [operation] } } },
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
    // All are read before the first is applied: reading may look an account up, and must not change the order.
    const read = await Promise.all(items.map((item) => this.tryTo<CreditCommand>(() => this.read(service, item))));
    const outcomes: CreditCommandOutcome[] = [];
    for (const run of runsOf(read)) {
      const tried = run.map((command) =>
        'failure' in command ? Promise.resolve(command) : this.tryTo(() => this.requests.run(command.value)),
      );
      outcomes.push(...(await Promise.all(tried)).map(toOutcome));
    }
    return { outcomes };
  }

  private async tryTo<Value>(work: () => Value | Promise<Value>): Promise<Tried<Value>> {
    try {
      return { value: await work() };
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      return { failure: error };
    }
  }

  private read(service: ServicePrincipal, item: unknown): ReadCommand {
    const { operation, ...fields } = readOperation(item);
    // The scope is asked per command: a token may hold some of them and not others.
    if (!service.scopes.includes(BATCH_SCOPES[operation])) {
      throw new DomainError('forbidden', `this token lacks the scope ${BATCH_SCOPES[operation]}`);
    }
    switch (operation) {
      case 'reserve':
        return this.requests.reserve(service, toReserve(fields));
      case 'consume':
        return this.requests.consume(service, toConsume(fields));
      case 'release':
        return this.requests.release(service, toRelease(fields));
      case 'charge':
        return this.requests.charge(service, toValid(ChargeCreditsRequest, fields));
      case 'extend': {
        const body = toValid(ExtendCommand, fields);
        return this.requests.extend(service, body.reservation_id, body);
      }
      default: {
        const { body, own } = readManaged(operation, fields, service.namespace);
        return this.requests.read(service, body, undefined, own);
      }
    }
  }
}

/**
 * Commands that may enter the queue at once: it keeps the order of each account. A transfer is a command of one account
 * and brings another one credits, so what comes after it waits for it.
 */
function runsOf(commands: readonly Tried<CreditCommand>[]): Tried<CreditCommand>[][] {
  const runs: Tried<CreditCommand>[][] = [[]];
  for (const command of commands) {
    runs.at(-1)?.push(command);
    if ('value' in command && command.value.operation === 'transfer') runs.push([]);
  }
  return runs;
}

/** What came of one item: a value, or the error it would have answered alone. */
type Tried<Value> = { readonly value: Value } | { readonly failure: DomainError };

function toOutcome(tried: Tried<Answered<CreditAnswer>>): CreditCommandOutcome {
  if ('value' in tried) {
    return { status: 201, answer: tried.value.answer, ...(tried.value.replayed ? { replayed: true } : {}) };
  }
  const { failure } = tried;
  const faults = failure instanceof ValidationError ? { errors: failure.errors } : {};
  return {
    status: failure.status,
    code: failure.code,
    detail: failure.message,
    details: { ...failure.details, ...faults },
    ...(failure.headers?.['Idempotent-Replayed'] === 'true' ? { replayed: true } : {}),
  };
}

function readOperation(item: unknown): { operation: BatchOperation } & Record<string, unknown> {
  const operation = typeof item === 'object' && item !== null ? (item as { operation?: unknown }).operation : undefined;
  if (typeof operation !== 'string' || !Object.hasOwn(BATCH_SCOPES, operation)) {
    const known = Object.keys(BATCH_SCOPES).join(', ');
    throw new ValidationError([{ path: 'operation', message: `must be one of ${known}` }]);
  }
  return item as { operation: BatchOperation } & Record<string, unknown>;
}
