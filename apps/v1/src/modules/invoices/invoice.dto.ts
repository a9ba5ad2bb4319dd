import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsIn,
  IsInt,
  IsOptional,
  Matches,
  Max,
  Min,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { IsDay, IsQueryInteger, IsRowId, IsText } from '../../http/fields.ts';
import { CURRENCIES, type Currency } from '../../money/currency.ts';
import { IsMoney } from '../../money/money.validators.ts';
import { INVOICE_STATES, INVOICE_STATUSES, type InvoiceState, type InvoiceStatus } from './invoice.ts';
import { QUANTITY_PATTERN } from './quantity.ts';

const VERSION = {
  minimum: 1,
  description: 'Version the caller saw; when given, an older one is refused with 409 `stale_version`',
};

export class InvoiceLineBody {
  @ApiProperty({ maxLength: 500 })
  @IsText({ max: 500 })
  description: string;

  @ApiPropertyOptional({
    default: '1',
    example: '1.5',
    description: 'Decimal text or number, at most 3 decimals, not 0',
  })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (typeof value === 'number' ? String(value) : value))
  @Matches(QUANTITY_PATTERN)
  @Matches(/[1-9]/, { message: 'quantity must be more than zero' })
  quantity?: string;

  @ApiProperty({ type: String, example: '100.00', description: 'Price of one without tax, major units' })
  @IsMoney()
  unit_price: string;

  @ApiPropertyOptional({
    default: 0,
    minimum: 0,
    maximum: 10_000,
    description: 'Hundredths of a percent: 1800 is 18 %',
  })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(10_000)
  tax_rate_bp?: number;
}

export class CreateInvoiceBody {
  @ApiPropertyOptional({ type: Number, nullable: true, description: 'Left out: the client of the assignment' })
  @IsOptional()
  @IsRowId()
  client_id?: number | null;

  @ApiPropertyOptional({ type: Number, nullable: true, description: 'Left out: the partner of the assignment' })
  @IsOptional()
  @IsRowId()
  partner_id?: number | null;

  @ApiPropertyOptional({ type: Number, nullable: true })
  @IsOptional()
  @IsRowId()
  assignment_id?: number | null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    maxLength: 200,
    description: 'Name on the invoice when there is no client',
  })
  @IsOptional()
  @IsText({ max: 200 })
  bill_to_name?: string | null;

  @ApiPropertyOptional({ enum: CURRENCIES, default: 'INR', description: 'ISO 4217' })
  @IsOptional()
  @IsIn(CURRENCIES)
  currency?: Currency;

  @ApiProperty({ type: [InvoiceLineBody], minItems: 1, maxItems: 200 })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(200)
  @ValidateNested({ each: true })
  @Type(() => InvoiceLineBody)
  lines: InvoiceLineBody[];

  @ApiPropertyOptional({ type: String, format: 'date', nullable: true, description: 'First day billed' })
  @IsOptional()
  @IsDay()
  period_start?: string | null;

  @ApiPropertyOptional({ type: String, format: 'date', nullable: true, description: 'Last day billed' })
  @IsOptional()
  @IsDay()
  period_end?: string | null;

  @ApiPropertyOptional({ type: String, format: 'date', nullable: true, description: 'Wins over the payment terms' })
  @IsOptional()
  @IsDay()
  due_date?: string | null;

  @ApiPropertyOptional({ default: 15, minimum: 0, maximum: 365, description: 'Days from issue to due date' })
  @ValidateIf((_, value) => value !== undefined)
  @IsInt()
  @Min(0)
  @Max(365)
  payment_terms_days?: number;

  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 2000, description: 'Printed below the lines' })
  @IsOptional()
  @IsText({ max: 2000, multiline: true })
  memo?: string | null;
}

export class InvoiceStepBody {
  @ApiPropertyOptional(VERSION)
  @ValidateIf((_, value) => value !== undefined)
  @IsInt()
  @Min(1)
  version?: number;
}

export class IssueInvoiceBody extends InvoiceStepBody {
  @ApiPropertyOptional({ format: 'date', description: 'Not before the issue day; wins over the terms' })
  @ValidateIf((_, value) => value !== undefined)
  @IsDay()
  due_date?: string;

  @ApiPropertyOptional({ minimum: 0, maximum: 365, description: 'Days from issue to due date' })
  @ValidateIf((_, value) => value !== undefined)
  @IsInt()
  @Min(0)
  @Max(365)
  payment_terms_days?: number;
}

export class VoidInvoiceBody extends InvoiceStepBody {
  @ApiProperty({ maxLength: 500, description: 'Why; kept on the invoice' })
  @IsText({ max: 500 })
  reason: string;
}

/** What the list may be filtered by: a console status, one of our states, or `overdue`. */
export const INVOICE_STATUS_FILTERS = [...INVOICE_STATUSES, 'overdue', ...INVOICE_STATES] as const;
export type InvoiceStatusFilter = InvoiceStatus | 'overdue' | InvoiceState;

export class InvoiceListQuery {
  @ApiPropertyOptional({ minimum: 1, default: 1 })
  @IsOptional()
  @IsQueryInteger({ min: 1, max: 1_000_000 })
  page: number = 1;

  @ApiPropertyOptional({ minimum: 1, maximum: 100, default: 20 })
  @IsOptional()
  @IsQueryInteger({ min: 1, max: 100 })
  limit: number = 20;

  @ApiPropertyOptional({ enum: INVOICE_STATUS_FILTERS })
  @IsOptional()
  @IsIn(INVOICE_STATUS_FILTERS)
  status?: InvoiceStatusFilter;

  @ApiPropertyOptional({ maxLength: 100, description: 'Rows whose number, customer or assignment contains this text' })
  @IsOptional()
  @IsText({ min: 0, max: 100 })
  q?: string;

  @ApiPropertyOptional({ format: 'date', description: 'Issued on this day or later' })
  @IsOptional()
  @IsDay()
  from?: string;

  @ApiPropertyOptional({ format: 'date', description: 'Issued on this day or earlier' })
  @IsOptional()
  @IsDay()
  to?: string;

  @ApiPropertyOptional({ format: 'date', description: 'The word existing consoles use for `from`' })
  @IsOptional()
  @IsDay()
  start_date?: string;

  @ApiPropertyOptional({ format: 'date', description: 'The word existing consoles use for `to`' })
  @IsOptional()
  @IsDay()
  end_date?: string;
}
