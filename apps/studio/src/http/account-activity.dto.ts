import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { AccountSelector, LedgerRow, ReservationRow, TimelineRow } from '@tandem/contracts';
import { IsOptional, IsString, MaxLength } from 'class-validator';

const CURSOR = 'Where the next page starts: `next_cursor` of the page before';
const LIMIT = 'Rows on a page; larger wishes get 100';

/** Which page of a list. */
export class PageQuery {
  @ApiPropertyOptional({ type: Number, default: 50, maximum: 100, description: LIMIT })
  @IsOptional()
  @IsString()
  limit?: string;

  @ApiPropertyOptional({ description: CURSOR })
  @IsOptional()
  @IsString()
  @MaxLength(1024)
  cursor?: string;
}

/** Which page of whose activity. One of the two account fields is required. */
export class AccountActivityQuery extends AccountSelector {
  @ApiPropertyOptional({ type: Number, default: 50, maximum: 100, description: LIMIT })
  @IsOptional()
  @IsString()
  limit?: string;

  @ApiPropertyOptional({ description: CURSOR })
  @IsOptional()
  @IsString()
  @MaxLength(1024)
  cursor?: string;
}

class PageAnswer {
  @ApiProperty({ type: String, nullable: true, description: 'Null on the last page' })
  next_cursor: string | null;
}

/** Holds of an account, newest first. */
export class ReservationsPage extends PageAnswer {
  @ApiProperty({ type: [ReservationRow] })
  items: ReservationRow[];
}

/** Movements of an account, newest first. */
export class LedgerPage extends PageAnswer {
  @ApiProperty({ type: [LedgerRow] })
  items: LedgerRow[];
}

/** Everything that happened to an account, newest first. */
export class TimelinePage extends PageAnswer {
  @ApiProperty({ type: [TimelineRow] })
  items: TimelineRow[];
}
