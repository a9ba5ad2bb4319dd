import { ApiExtraModels, ApiProperty, ApiPropertyOptional, getSchemaPath } from '@nestjs/swagger';
import type { StudioScope } from '../billing-terms.ts';
import type { ErrorCode } from '../error-codes.ts';
import { CreditMovementAnswer, IgnoredByPolicy, ReserveAnswer, SettlementAnswer } from './credit-rows.ts';

/** Commands a service may send many of at once, and the scope its token needs for each. */
export const BATCH_SCOPES = {
  reserve: 'credits:reserve',
  extend: 'credits:reserve',
  consume: 'credits:consume',
  release: 'credits:release',
  charge: 'credits:charge',
  grant: 'credits:manage',
  purchase: 'credits:manage',
  adjust: 'credits:manage',
  reverse: 'credits:manage',
  transfer: 'credits:manage',
  clawback: 'credits:manage',
} as const satisfies Record<string, StudioScope>;
export type BatchOperation = keyof typeof BATCH_SCOPES;

/** Outcome of one command of a batch: the answer it would have had alone, or the code and text of its refusal. */
@ApiExtraModels(ReserveAnswer, SettlementAnswer, CreditMovementAnswer, IgnoredByPolicy)
export class CreditCommandOutcome {
  @ApiProperty({ description: 'HTTP status the command would have had alone' })
  status: number;

  @ApiPropertyOptional({ description: 'True when the command had been applied before' })
  replayed?: boolean;

  @ApiPropertyOptional({
    oneOf: [
      { $ref: getSchemaPath(ReserveAnswer) },
      { $ref: getSchemaPath(SettlementAnswer) },
      { $ref: getSchemaPath(CreditMovementAnswer) },
      { $ref: getSchemaPath(IgnoredByPolicy) },
    ],
  })
  answer?: ReserveAnswer | SettlementAnswer | CreditMovementAnswer | IgnoredByPolicy;

  @ApiPropertyOptional({ type: String })
  code?: ErrorCode;

  @ApiPropertyOptional()
  detail?: string;

  @ApiPropertyOptional({ type: Object, description: 'Figures of the refusal, such as `shortfall`' })
  details?: Record<string, unknown>;
}

/** Answer to a batch: one outcome per command, in the order sent. */
export class CreditCommandOutcomes {
  @ApiProperty({ type: [CreditCommandOutcome] })
  outcomes: CreditCommandOutcome[];
}
