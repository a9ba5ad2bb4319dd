import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiProperty, ApiPropertyOptional, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Clock } from '@tandem/platform/clock';
import { Roles } from '@tandem/platform/identity/access';
import { Transform } from 'class-transformer';
import { IsBoolean, IsOptional } from 'class-validator';
import { STUDIO_ROLES } from '../operator/operator-roles.ts';
import { CheckInvariants } from './check-invariants.ts';
import type { InvariantFinding } from './invariant.queries.ts';

/** `GET /v1/invariants` */
export class InvariantsQuery {
  @ApiPropertyOptional({ description: 'Check every account of a large ledger, however long it takes', default: false })
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

  @ApiProperty({
    type: String,
    nullable: true,
    description:
      'Why the rule could not be checked to its end, such as a timeout: it is not `ok` then; null when it was',
  })
  not_checked: string | null;

  @ApiProperty({ description: 'Rows that break the rule' })
  offending_count: number;

  @ApiProperty({ type: [Object], description: 'The first of them, by their keys' })
  offending_rows: Record<string, unknown>[];
}

export class InvariantsAnswer {
  @ApiProperty({ description: 'True when every rule holds' })
  ok: boolean;

  @ApiProperty({
    description:
      'False for a large ledger without `full`: this was the part whose turn it is, and accounts that changed lately. Each account has its turn once a day at least',
  })
  is_whole: boolean;

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
  @ApiOperation({ summary: 'Every rule of the ledger, with the rows that break it' })
  @ApiResponse({ status: 200, type: InvariantsAnswer })
  async invariants(@Query() query: InvariantsQuery): Promise<InvariantsAnswer> {
    const { isWhole, results } = query.full ? await this.check.all() : await this.check.some();
    const invariants = results.map(toInvariantRow);
    return {
      ok: invariants.every(({ ok }) => ok),
      is_whole: isWhole,
      checked_at: this.clock.now().toISOString(),
      invariants,
    };
  }
}

function toInvariantRow({ invariant, offendingCount, offendingRows, notChecked }: InvariantFinding): InvariantRow {
  return {
    name: invariant.name,
    says: invariant.says,
    ok: offendingCount === 0 && notChecked === null,
    not_checked: notChecked,
    offending_count: offendingCount,
    offending_rows: [...offendingRows],
  };
}
