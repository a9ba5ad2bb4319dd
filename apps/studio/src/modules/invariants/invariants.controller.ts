import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiProperty, ApiPropertyOptional, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Clock } from '@tandem/platform/clock';
import { Roles } from '@tandem/platform/identity/access';
import { Transform } from 'class-transformer';
import { IsBoolean, IsOptional } from 'class-validator';
import { STUDIO_ROLES } from '../operator/operator-roles.ts';
import { CheckInvariants } from './check-invariants.ts';

/** `GET /v1/invariants` */
export class InvariantsQuery {
  @ApiPropertyOptional({ description: 'Verify the whole digest chain, however long it takes', default: false })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value))
  @IsBoolean()
  full?: boolean;
}

export class InvariantRow {
  @ApiProperty({ example: 'L3' })
  name: string;

  @ApiProperty({ description: 'The rule in words' })
  says: string;

  @ApiProperty()
  ok: boolean;

  @ApiProperty({ description: 'Rows that break the rule' })
  offending_count: number;

  @ApiProperty({ type: [Object], description: 'The first of them, by their keys' })
  offending_rows: Record<string, unknown>[];
}

export class InvariantsAnswer {
  @ApiProperty({ description: 'True when every rule holds' })
  ok: boolean;

  @ApiProperty({ format: 'date-time' })
  checked_at: string;

  @ApiProperty({ type: [InvariantRow] })
  invariants: InvariantRow[];
}

/** The books, checked while you wait. */
@ApiTags('invariants')
@Controller('v1/invariants')
@Roles(...STUDIO_ROLES)
export class InvariantsController {
  constructor(
    private readonly check: CheckInvariants,
    private readonly clock: Clock,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Every rule of the ledger against one snapshot, with the rows that break it' })
  @ApiResponse({ status: 200, type: InvariantsAnswer })
  async invariants(@Query() query: InvariantsQuery): Promise<InvariantsAnswer> {
    const results = await this.check.run({ full: query.full ?? false });
    return {
      ok: results.every(({ offendingCount }) => offendingCount === 0),
      checked_at: this.clock.now().toISOString(),
      invariants: results.map(({ invariant, offendingCount, offendingRows }) => ({
        name: invariant.name,
        says: invariant.says,
        ok: offendingCount === 0,
        offending_count: offendingCount,
        offending_rows: [...offendingRows],
      })),
    };
  }
}
