import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  BILLING_MODES,
  CREDITS_PATTERN,
  RESERVATION_STATUSES,
  type BillingMode,
  type ReservationStatus,
} from '@tandem/contracts';
import { IsIn, IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { PageQuery } from '../../http/account-activity.dto.ts';
import { ACCOUNT_SORT_NAMES, LISTED_STATUSES, type AccountSort } from '../accounts/account-list.queries.ts';
import { OperatorAccount } from '../accounts/operator-account.dto.ts';

/** `GET /v1/operator/accounts` */
export class AccountListQuery extends PageQuery {
  @ApiPropertyOptional({ description: 'Part of the key or the display name' })
  @IsOptional()
  @IsString()
  @MaxLength(200)
  q?: string;

  @ApiPropertyOptional({ enum: BILLING_MODES })
  @IsOptional()
  @IsIn(BILLING_MODES)
  mode?: BillingMode;

  @ApiPropertyOptional({ enum: LISTED_STATUSES, description: 'Absent: all enrolled accounts' })
  @IsOptional()
  @IsIn(LISTED_STATUSES)
  status?: (typeof LISTED_STATUSES)[number];

  @ApiPropertyOptional({
    description:
      'Only accounts with less available than this many credits; lots that have just ended count until that is written, within minutes',
    example: '10',
  })
  @IsOptional()
  @Matches(CREDITS_PATTERN, { message: 'low_balance_below must be credits with at most 6 decimals' })
  low_balance_below?: string;

  @ApiPropertyOptional({
    enum: ACCOUNT_SORT_NAMES,
    default: 'display_name',
    description: '`available` sorts by what is written: a lot that has just ended moves its account within minutes',
  })
  @IsOptional()
  @IsIn(ACCOUNT_SORT_NAMES)
  sort?: AccountSort;
}

/** `GET /v1/operator/accounts/{external_key}/reservations` */
export class ReservationListQuery extends PageQuery {
  @ApiPropertyOptional({ enum: RESERVATION_STATUSES })
  @IsOptional()
  @IsIn(RESERVATION_STATUSES)
  status?: ReservationStatus;
}

/** How many accounts there are, by how they pay; whatever the filter. */
export class AccountModeCounts {
  @ApiProperty()
  POSTPAID: number;

  @ApiProperty()
  CREDIT: number;

  @ApiProperty({ description: 'Accounts that only collect events' })
  UNENROLLED: number;
}

/** One page of accounts. */
export class AccountsPage {
  @ApiProperty({ type: [OperatorAccount] })
  items: OperatorAccount[];

  @ApiProperty({ type: String, nullable: true, description: 'Null on the last page' })
  next_cursor: string | null;

  @ApiProperty({ type: AccountModeCounts })
  counts: AccountModeCounts;
}
