import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiProperty, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Roles } from '@tandem/platform/identity/access';
import { STUDIO_ROLES } from '../operator/operator-roles.ts';
import { SealQueries } from './seal.queries.ts';

/** The newest head of the chain over all seals. Kept outside, it proves everything under it. */
export class LedgerHeadAnswer {
  @ApiProperty({ description: 'Number of the head, from 1; 0 while nothing was sealed' })
  position: number;

  @ApiProperty({ type: String, nullable: true, description: 'SHA-256, 64 hexadecimal digits' })
  digest: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'Digest of the head before' })
  previous_digest: string | null;

  @ApiProperty({ description: 'Accounts sealed under this head' })
  seals: number;

  @ApiProperty({ description: 'Rows sealed under this head' })
  rows: number;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  sealed_at: string | null;
}

@ApiTags('invariants')
@Controller('v1/ledger/head')
@Roles(...STUDIO_ROLES)
export class LedgerHeadController {
  constructor(private readonly seals: SealQueries) {}

  @Get()
  @ApiOperation({ summary: 'Newest head of the ledger’s digest chain, to be kept outside the database' })
  @ApiResponse({ status: 200, type: LedgerHeadAnswer })
  async head(): Promise<LedgerHeadAnswer> {
    const head = await this.seals.head();
    return {
      position: head?.position ?? 0,
      digest: head?.digest ?? null,
      previous_digest: head?.previousDigest ?? null,
      seals: head?.seals ?? 0,
      rows: head?.rows ?? 0,
      sealed_at: head?.sealedAt.toISOString() ?? null,
    };
  }
}
