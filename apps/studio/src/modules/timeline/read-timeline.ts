import { Injectable } from '@nestjs/common';
import type { TimelineRow } from '@tandem/contracts';
import { encodeCursor } from '@tandem/platform/http/paging';
import { toTimelineRow } from './timeline.convert.ts';
import { positionAfter, readTimelineCursor, toCursorPosition } from './timeline-position.ts';
import { TimelineQueries, type TimelinePosition } from './timeline.queries.ts';

/** Pages through everything that happened to an account, newest first. */
@Injectable()
export class ReadTimeline {
  constructor(private readonly queries: TimelineQueries) {}

  /** @throws DomainError `bad_request` for a cursor that is not of this list */
  async run(
    accountId: string,
    page: { readonly limit: number; readonly cursor?: string | undefined },
  ): Promise<{ items: TimelineRow[]; next_cursor: string | null }> {
    const before = readTimelineCursor(page.cursor);
    const rows = await this.queries.page(accountId, page.limit + 1, before);
    const shown = rows.slice(0, page.limit);
    const after = shown.reduce<TimelinePosition | undefined>(positionAfter, before);
    const hasMore = rows.length > page.limit && after !== undefined;
    return { items: shown.map(toTimelineRow), next_cursor: hasMore ? encodeCursor(toCursorPosition(after)) : null };
  }
}
