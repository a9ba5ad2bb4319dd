import type { CursorPosition } from '@tandem/platform/http/paging';
import { readCursor } from '../../http/read-cursor.ts';
import type { TimelinePosition, TimelineSqlRow } from './timeline.queries.ts';

/** Reads a position back from a cursor. */
export function readTimelineCursor(cursor: string | undefined): TimelinePosition | undefined {
  const parts = readCursor(cursor, [
    'integer',
    'integer',
    'integer',
    'integer',
    'uuid',
    'integer',
    'uuid',
    'integer',
    'uuid',
  ]);
  if (!parts) return undefined;
  const [time, ledgerSeq, eventSeq, outcomeTime, outcomeId, changeTime, changeId, alertTime, alertId] = parts;
  return {
    time: time ?? '0',
    ledgerSeq: ledgerSeq ?? null,
    eventSeq: eventSeq ?? null,
    outcomeTime: outcomeTime ?? null,
    outcomeId: outcomeId ?? null,
    changeTime: changeTime ?? null,
    changeId: changeId ?? null,
    alertTime: alertTime ?? null,
    alertId: alertId ?? null,
  };
}

/** A position in the form a cursor carries. */
export function toCursorPosition(position: TimelinePosition): CursorPosition {
  return [
    position.time,
    position.ledgerSeq,
    position.eventSeq,
    position.outcomeTime,
    position.outcomeId,
    position.changeTime,
    position.changeId,
    position.alertTime,
    position.alertId,
  ];
}

/** Where a reader stands after a row; positions in the other sources stay as they were. */
export function positionAfter(before: TimelinePosition | undefined, row: TimelineSqlRow): TimelinePosition {
  const time = row.position_time;
  const position = {
    ledgerSeq: null,
    eventSeq: null,
    outcomeTime: null,
    outcomeId: null,
    changeTime: null,
    changeId: null,
    alertTime: null,
    alertId: null,
    ...before,
    time,
  };
  switch (row.source) {
    case 'CREDITS_LEDGER':
      return { ...position, ledgerSeq: row.position_seq };
    case 'USAGE_V1':
    case 'USAGE_V2':
      return { ...position, eventSeq: row.position_seq };
    case 'CREDITS_DECISION':
      return { ...position, outcomeTime: time, outcomeId: row.id };
    case 'ACCOUNT_POLICY':
      return { ...position, changeTime: time, changeId: row.id };
    case 'BALANCE_ALERT':
      return { ...position, alertTime: time, alertId: row.id };
  }
}
