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
    const read = await allOf(items.map((item) => this.tryToRead(service, item)));
    const outcomes: CreditCommandOutcome[] = [];
    for (const run of runsOf(read)) {
      outcomes.push(...(await Promise.all(run.map((command) => this.outcomeOf(command)))));
    }
    return { outcomes };
  }

  /** Never throws: those that are under way must be waited for. */
  private tryToRead(service: ServicePrincipal, item: unknown): Read | Promise<Read> {
    try {
      const command = this.read(service, item);
      return command instanceof Promise ? command.catch(failureOf) : command;
    } catch (error) {
      if (error instanceof DomainError) return error;
      const fault = error as Error;
      return Promise.reject(fault);
    }
  }

  /** One promise per command: each more costs every command of every batch. */
  private outcomeOf(command: Read): Promise<CreditCommandOutcome> {
    if (command instanceof DomainError) return Promise.resolve(toRefused(command));
    return this.requests.run(command).then(toApplied, (error: unknown) => toRefused(failureOf(error)));
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

/** A command, or the error it would have answered alone. */
type Read = CreditCommand | DomainError;

/** Waits for those that are looked up; usually there is none, and nothing to wait for. */
async function allOf(commands: readonly (Read | Promise<Read>)[]): Promise<readonly Read[]> {
  const read = commands.filter((command): command is Read => !(command instanceof Promise));
  if (read.length === commands.length) return read;
  return Promise.all(commands.map((command) => Promise.resolve(command)));
}

/** @throws what is no refusal: it fails the request */
function failureOf(error: unknown): DomainError {
  if (error instanceof DomainError) return error;
  throw error;
}

/**
 * Commands that may enter the queue at once: it keeps the order of each account. A transfer is a command of one account
 * and brings another one credits, so what comes after it waits for it.
 */
function runsOf(commands: readonly Read[]): Read[][] {
  const runs: Read[][] = [[]];
  for (const command of commands) {
    runs.at(-1)?.push(command);
    if (!(command instanceof DomainError) && command.operation === 'transfer') runs.push([]);
  }
  return runs;
}

function toApplied({ answer, replayed }: Answered<CreditAnswer>): CreditCommandOutcome {
  return replayed ? { status: 201, answer, replayed: true } : { status: 201, answer };
}

function toRefused(failure: DomainError): CreditCommandOutcome {
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
