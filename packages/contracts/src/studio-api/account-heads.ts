import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsIn, IsInt, IsOptional, Min, ValidateNested } from 'class-validator';
import { IsExternalKey, IsIdempotencyKey } from '../validators.ts';
import { ITEMS_PER_REQUEST_MAX } from './billing-events.ts';
import { BATCH_SCOPES, type BatchOperation } from './credit-command-batch.ts';
import { SealMark } from './receipt.ts';

/** What a caller may have had an outcome of. */
export type ReceiptedOperation = BatchOperation | 'event';
export const RECEIPTED_OPERATIONS: readonly ReceiptedOperation[] = [
  ...(Object.keys(BATCH_SCOPES) as BatchOperation[]),
  'event',
];

/** One account, with what the caller holds of it: Studio says whether it still has the same. */
export class AccountHeadQuestion {
  @ApiProperty({ example: 'v1:partner:77' })
  @IsExternalKey()
  external_key: string;

  @ApiPropertyOptional({
    enum: RECEIPTED_OPERATIONS,
    description: 'With `idempotency_key`: is this outcome still there?',
  })
  @IsOptional()
  @IsIn([...RECEIPTED_OPERATIONS])
  operation?: ReceiptedOperation;

  @ApiPropertyOptional({ description: 'Key the caller’s own command or event was sent under' })
  @IsOptional()
  @IsIdempotencyKey()
  idempotency_key?: string;

  @ApiPropertyOptional({ description: 'Seq of a seal the caller holds: Studio answers the digest it has there' })
  @IsOptional()
  @IsInt()
  @Min(1)
  sealed_seq?: number;
}

/** `POST /v1/billing/accounts/heads`. An account may be asked about more than once. */
export class AccountHeadsRequest {
  @ApiProperty({ type: [AccountHeadQuestion], maxItems: ITEMS_PER_REQUEST_MAX })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(ITEMS_PER_REQUEST_MAX)
  @ValidateNested({ each: true })
  @Type(() => AccountHeadQuestion)
  accounts: AccountHeadQuestion[];
}

/** How far an account has come. An account nobody ever wrote to has heads of 0. */
export class AccountHead {
  @ApiProperty()
  external_key: string;

  @ApiProperty({ description: 'Head of its ledger' })
  account_seq: number;

  @ApiProperty({ description: 'Head of its events' })
  event_seq: number;

  @ApiProperty({
    type: Boolean,
    nullable: true,
    description: 'Whether the outcome asked about is there; null: not asked',
  })
  known: boolean | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Digest of the seal at `sealed_seq`; null: no seal ends there',
  })
  digest_at: string | null;

  @ApiProperty({ type: SealMark, nullable: true })
  last_seal: SealMark | null;
}

/** One head per question, in the order asked. */
export class AccountHeadsAnswer {
  @ApiProperty({ format: 'uuid', description: 'Incarnation of the ledger' })
  incarnation: string;

  @ApiProperty({ type: [AccountHead] })
  heads: AccountHead[];
}
