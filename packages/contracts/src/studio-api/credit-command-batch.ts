import { ApiExtraModels, ApiProperty, ApiPropertyOptional, getSchemaPath } from '@nestjs/swagger';
import type { ErrorCode } from '../error-codes.ts';
import { IgnoredByPolicy, ReserveAnswer, SettlementAnswer } from './credit-rows.ts';

/** Commands a service may send many of at once. */
export const BATCH_OPERATIONS = ['reserve', 'consume', 'release'] as const;
export type BatchOperation = (typeof BATCH_OPERATIONS)[number];

/** Outcome of one command of a batch: the answer it would have had alone, or the code and text of its refusal. */
@ApiExtraModels(ReserveAnswer, SettlementAnswer, IgnoredByPolicy)
export class CreditCommandOutcome {
  @ApiProperty({ description: 'HTTP status the command would have had alone' })
  status: number;

  @ApiPropertyOptional({ description: 'True when the command had been applied before' })
  replayed?: boolean;

  @ApiPropertyOptional({
    oneOf: [
      { $ref: getSchemaPath(ReserveAnswer) },
      { $ref: getSchemaPath(SettlementAnswer) },
      { $ref: getSchemaPath(IgnoredByPolicy) },
    ],
  })
  answer?: ReserveAnswer | SettlementAnswer | IgnoredByPolicy;

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
