import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsISO8601, IsOptional, IsString, Matches, MaxLength, ValidateNested } from 'class-validator';
import { InvoiceFacts } from './invoice-facts.v1.ts';

/** Ways a customer may have paid (CONTRACT 1.6). */
export const PAYMENT_MODES = ['CASH', 'BANK_TRANSFER', 'UPI', 'CHEQUE', 'CARD', 'MANUAL', 'OTHER'] as const;
export type PaymentMode = (typeof PAYMENT_MODES)[number];

/** The payment inside a payment event (EVT-13). */
export class PaymentFacts {
  @ApiPropertyOptional()
  @IsOptional()
  @IsInt()
  payment_id?: number;

  @ApiPropertyOptional({ format: 'date-time' })
  @IsOptional()
  @IsISO8601()
  paid_at?: string;

  @ApiPropertyOptional({ description: 'Decimal string, major units', example: '500.00' })
  @IsOptional()
  @Matches(/^[0-9]{1,15}(\.[0-9]{1,3})?$/)
  amount?: string;

  @ApiPropertyOptional({ enum: PAYMENT_MODES })
  @IsOptional()
  @IsIn(PAYMENT_MODES)
  mode?: PaymentMode;

  @ApiPropertyOptional({ type: String, nullable: true })
  @IsOptional()
  @IsString()
  @MaxLength(255)
  reference_no?: string | null;
}

/** Money for an invoice came in, in part or in full. */
export class PaymentRecordedV1 extends InvoiceFacts {
  @ApiPropertyOptional({ type: PaymentFacts })
  @IsOptional()
  @ValidateNested()
  @Type(() => PaymentFacts)
  payment?: PaymentFacts;

  @ApiPropertyOptional({ description: '`approval` when the payment came in through an approval' })
  @IsOptional()
  @IsString()
  @MaxLength(32)
  source?: string;
}
