import { Injectable } from '@nestjs/common';
import type { ReservationRow, ReservationStatus } from '@tandem/contracts';
import { toPage } from '@tandem/platform/http/paging';
import { readCursor } from '../../http/read-cursor.ts';
import { toReservationRow } from './credits.convert.ts';
import { CreditQueries } from './credits.queries.ts';

/** Which page: its size, and the cursor of the page before. */
export interface PageRequest {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** Pages through holds of an account, newest first. */
@Injectable()
export class ReadCreditActivity {
  constructor(private readonly queries: CreditQueries) {}

  /** @throws DomainError `bad_request` for a cursor that is not of this list */
  async reservations(
    accountId: string,
    { limit, cursor }: PageRequest,
    status?: ReservationStatus,
  ): Promise<{ items: ReservationRow[]; next_cursor: string | null }> {
    const before = readCursor(cursor, ['uuid'])?.[0] ?? undefined;
    const found = await this.queries.reservations(accountId, { limit: limit + 1, before }, status);
    const page = toPage(found, limit, (row) => [row.reservation_id]);
    return { items: page.rows.map(toReservationRow), next_cursor: page.next_cursor };
  }
}
