import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { AccountHeadsAnswer, AccountHeadsRequest, type AccountHead } from '@tandem/contracts';
import { CurrentService, Scopes } from '@tandem/platform/identity/access';
import type { ServicePrincipal } from '@tandem/platform/identity/principal';
import { accountOfKey } from '../accounts/account-selector.ts';
import { AccountHeadQueries, type AccountHeadSqlRow } from './account-head.queries.ts';

/** What a service compares its receipts with, to notice that this ledger went back in time. */
@ApiTags('accounts')
@Controller('v1/billing/accounts')
export class AccountHeadsController {
  constructor(private readonly queries: AccountHeadQueries) {}

  @Post('heads')
  @HttpCode(200)
  @Scopes('status:read')
  @ApiOperation({ summary: 'Heads of up to 500 accounts, and whether what the caller holds of them is still there' })
  @ApiResponse({ status: 200, type: AccountHeadsAnswer })
  @ApiResponse({ status: 400, description: '`validation_failed`' })
  @ApiResponse({ status: 403, description: 'Scope `status:read` missing, or account outside the token’s namespace' })
  async heads(
    @CurrentService() service: ServicePrincipal,
    @Body() body: AccountHeadsRequest,
  ): Promise<AccountHeadsAnswer> {
    const questions = body.accounts.map((question) => ({
      ...accountOfKey(question.external_key, service.namespace),
      operation: question.operation ?? null,
      idempotencyKey: question.idempotency_key ?? null,
      sealedSeq: question.sealed_seq ?? null,
    }));
    const [incarnation, rows] = await Promise.all([this.queries.incarnation(), this.queries.heads(questions)]);
    return {
      incarnation,
      heads: questions.map(({ externalKey }, index) => toAccountHead(externalKey, rows[index])),
    };
  }
}

function toAccountHead(externalKey: string, row: AccountHeadSqlRow | undefined): AccountHead {
  if (!row) throw new Error('a question about a head was not answered');
  return {
    external_key: externalKey,
    account_seq: Number(row.account_seq),
    event_seq: Number(row.event_seq),
    known: row.known,
    digest_at: row.digest_at?.toString('hex') ?? null,
    last_seal:
      row.sealed_seq === null || row.sealed_digest === null
        ? null
        : { seq: Number(row.sealed_seq), digest: row.sealed_digest.toString('hex') },
  };
}
