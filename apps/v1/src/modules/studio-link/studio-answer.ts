import { isErrorCode, relayActionFor, type RelayAction } from '@tandem/contracts';

/** Why a call to Studio ended as it did (DESIGN 3, StudioBillingAdapter). */
export type StudioReason =
  | 'ok'
  | 'ignored_by_policy'
  | 'not_enrolled'
  | 'refused'
  | 'unreachable'
  | 'timeout'
  | 'overloaded'
  | 'token_rejected'
  | 'contract_mismatch'
  | 'bad_request';

/** One answer, or the lack of one, in the terms the relay and the business steps decide by. */
export interface StudioAnswer {
  readonly reason: StudioReason;
  readonly action: RelayAction | 'done';
  /** HTTP status, or null when there was no answer. */
  readonly status: number | null;
  readonly code: string | null;
  readonly body: Readonly<Record<string, unknown>> | null;
  /** Technical text for operators; never a payload. */
  readonly error: string | null;
  readonly retryAfterMs: number | null;
  /** True when Studio had applied the command before and answered its stored outcome. */
  readonly replayed: boolean;
}

/** True when Studio gave a definitive answer, whatever it was. */
export function isDefinitive(answer: StudioAnswer): boolean {
  return answer.action === 'done' || answer.action === 'refused' || answer.action === 'audit';
}

/** Codes that speak of the one request, not of Studio: others may go on. */
const OF_ONE_REQUEST: ReadonlySet<string> = new Set(['in_flight', 'internal_error', 'not_attempted']);

/** True when the answer says that Studio cannot work now, for anybody. */
export function isStudioFailing(answer: StudioAnswer): boolean {
  return answer.action === 'retry' && !OF_ONE_REQUEST.has(answer.code ?? '');
}

/** The answer of a call that never got one. */
export function noAnswer(reason: 'unreachable' | 'timeout' | 'overloaded', error: string): StudioAnswer {
  return { reason, action: 'retry', status: null, code: null, body: null, error, retryAfterMs: null, replayed: false };
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly retryAfter: string | undefined;
  readonly replayed: boolean;
}

/**
 * Reads an HTTP answer in the terms above. `looksRight` checks the shape of a 2xx body: another shape is a version
 * mismatch and must not be taken for success.
 */
export function readAnswer(http: HttpAnswer, looksRight: (body: Record<string, unknown>) => boolean): StudioAnswer {
  const body = isRecord(http.body) ? http.body : null;
  const code = typeof body?.code === 'string' ? body.code : null;
  const common = {
    status: http.status,
    code,
    body,
    retryAfterMs: retryAfterMs(http.retryAfter),
    replayed: http.replayed,
  };
  if (http.status >= 200 && http.status < 300) {
    if (!body || !looksRight(body)) {
      return {
        ...common,
        reason: 'contract_mismatch',
        action: 'hold',
        error: `HTTP ${http.status} with an unknown body`,
      };
    }
    const reason = body.status === 'IGNORED' ? 'ignored_by_policy' : 'ok';
    return { ...common, reason, action: 'done', error: null };
  }
  const action = relayActionFor(http.status, code);
  const error = `HTTP ${http.status}${code === null ? '' : ` ${code}`}`;
  return { ...common, action, error, reason: reasonFor(http.status, code, action) };
}

function reasonFor(status: number, code: string | null, action: RelayAction): StudioReason {
  if (code === 'account_not_enrolled') return 'not_enrolled';
  switch (action) {
    case 'refused':
    case 'audit':
      return 'refused';
    case 'retry':
      return 'overloaded';
    case 'hold':
      // A wrong token is Studio being reachable and us being at fault; the banner must say which.
      return status === 401 || status === 403 ? 'token_rejected' : 'contract_mismatch';
    case 'park':
      return isErrorCode(code) ? 'bad_request' : 'contract_mismatch';
  }
}

/** Seconds or an HTTP date, as milliseconds from now, capped at five minutes. */
function retryAfterMs(header: string | undefined): number | null {
  if (header === undefined) return null;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), 300_000) : null;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
