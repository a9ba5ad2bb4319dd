import { Injectable } from '@nestjs/common';
import type { EntryLots, LotMovementsPage, LotsPage } from '@tandem/contracts';
import { DomainError, ValidationError } from '@tandem/platform/errors';
import { pageLimit, toPage } from '@tandem/platform/http/paging';
import { isUUID } from 'class-validator';
import type { PageQuery } from '../../http/account-activity.dto.ts';
import { readCursor } from '../../http/read-cursor.ts';
import { toLotMovement, toLotRow, toLotShare } from './lot.convert.ts';
import { LotQueries } from './lot.queries.ts';

/** What may be read about the lots of an account: complete up to its last movement. */
@Injectable()
export class ReadLots {
  constructor(private readonly queries: LotQueries) {}

  /** @throws DomainError `bad_request` for a bad limit, or a cursor that is not of this list */
  async page(accountId: string, query: PageQuery): Promise<LotsPage> {
    const limit = pageLimit(query.limit);
    const [seq, lotId] = readCursor(query.cursor, ['integer', 'uuid']) ?? [];
    const before = seq != null && lotId != null ? { seq, lotId } : undefined;
    const found = await this.queries.page(accountId, limit + 1, before);
    const page = toPage(found.rows, limit, (row) => [row.seq, row.lot_id]);
    return { items: page.rows.map(toLotRow), next_cursor: page.next_cursor, folded_seq: found.foldedSeq };
  }

  /** @throws DomainError `ledger_entry_not_found`; ValidationError when `seq` is no position */
  async ofEntry(accountId: string, seq: string): Promise<EntryLots> {
    if (!/^[1-9][0-9]{0,15}$/.test(seq)) {
      throw new ValidationError([{ path: 'seq', message: 'must be a whole number from 1' }]);
    }
    const found = await this.queries.ofEntry(accountId, seq);
    if (!found) throw new DomainError('ledger_entry_not_found', 'the account has no such movement');
    return {
      seq: Number(seq),
      reason: found.kind,
      reservation_id: found.reservation_id,
      shares: found.shares.map(toLotShare),
      holds: found.holds.map(toLotShare),
      folded_seq: Number(found.folded_seq),
    };
  }

  /** @throws DomainError `not_found`, `bad_request`; ValidationError when `lotId` is no id */
  async movements(accountId: string, lotId: string, query: PageQuery): Promise<LotMovementsPage> {
    if (!isUUID(lotId)) throw new ValidationError([{ path: 'id', message: 'must be a UUID' }]);
    const limit = pageLimit(query.limit);
    const before = readCursor(query.cursor, ['integer'])?.[0] ?? undefined;
    const found = await this.queries.movements(accountId, lotId.toLowerCase(), { limit: limit + 1, before });
    if (!found) throw new DomainError('not_found', 'the account has no such lot');
    const page = toPage(found.rows, limit, (row) => [row.seq]);
    return { items: page.rows.map(toLotMovement), next_cursor: page.next_cursor, folded_seq: found.foldedSeq };
  }
}
