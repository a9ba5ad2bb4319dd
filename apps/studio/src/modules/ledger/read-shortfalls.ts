import { Injectable } from '@nestjs/common';
import type { ShortfallListQuery, ShortfallsPage } from '@tandem/contracts';
import { pageLimit, toPage } from '@tandem/platform/http/paging';
import { readCursor } from '../../http/read-cursor.ts';
import { checkNamespace } from '../accounts/account-selector.ts';
import { ShortfallQueries } from './shortfall.queries.ts';
import { toShortfall } from './shortfalls.convert.ts';

/** Pages through shortfalls, newest first. */
@Injectable()
export class ReadShortfalls {
  constructor(private readonly shortfalls: ShortfallQueries) {}

  /** @throws DomainError `bad_request` for a bad cursor or limit; `forbidden` for an account outside the namespace */
  async run(query: ShortfallListQuery, namespace: string | null): Promise<ShortfallsPage> {
    if (query.external_key !== undefined) checkNamespace(query.external_key, namespace);
    const limit = pageLimit(query.limit);
    const before = readCursor(query.cursor, ['uuid'])?.[0] ?? undefined;
    const filter = { namespace, externalKey: query.external_key, status: query.status };
    const found = await this.shortfalls.page(filter, limit + 1, before);
    const page = toPage(found, limit, (row) => [row.shortfall_id]);
    return { items: page.rows.map(toShortfall), next_cursor: page.next_cursor };
  }
}
