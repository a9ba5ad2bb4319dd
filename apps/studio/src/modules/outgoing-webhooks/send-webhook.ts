import { request as requestHttp, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as requestHttps } from 'node:https';
import { Injectable } from '@nestjs/common';
import { StudioConfig } from '../../config/config.ts';
import { checkTargetUrl, guardedLookup, type TargetPolicy } from './target-address.ts';

/** Read of an answer that is not a success; what comes after is cut off. */
const ANSWER_BYTES_MAX = 1024;
const ERROR_LENGTH_MAX = 500;
const HEADER_BYTES_MAX = 8192;

/** How one try went. */
export interface SendResult {
  readonly isDelivered: boolean;
  readonly startedAt: Date;
  readonly durationMs: number;
  /** Null: there was no answer. */
  readonly statusCode: number | null;
  /** Why there was none, or how the answer begins; null after a success. */
  readonly error: string | null;
  readonly retryAfterMs: number | null;
}

interface Answer {
  readonly statusCode: number;
  readonly beginning: string;
  readonly retryAfterMs: number | null;
}

/** Makes one try. Never throws: whatever a receiver does is a result. */
@Injectable()
export class SendWebhook {
  private readonly policy: TargetPolicy;

  constructor(private readonly config: StudioConfig) {
    this.policy = { allowPrivateAddresses: config.webhookAllowPrivateAddresses };
  }

  async run(target: string, headers: Readonly<Record<string, string>>, body: string): Promise<SendResult> {
    const startedAt = new Date();
    const started = performance.now();
    const took = () => ({ startedAt, durationMs: Math.round(performance.now() - started) });
    try {
      // Checked again at each try: the rules may be stricter than when it was registered.
      const answer = await this.post(checkTargetUrl(target, this.policy), headers, body);
      const isDelivered = answer.statusCode >= 200 && answer.statusCode < 300;
      const error = isDelivered ? null : describe(answer);
      return { ...took(), isDelivered, statusCode: answer.statusCode, error, retryAfterMs: answer.retryAfterMs };
    } catch (cause) {
      return { ...took(), isDelivered: false, statusCode: null, error: reasonOf(cause), retryAfterMs: null };
    }
  }

  /** A connection of its own each time, so that none outlives the check of its address. Redirects are not followed. */
  private post(url: URL, headers: Readonly<Record<string, string>>, body: string): Promise<Answer> {
    const request = url.protocol === 'https:' ? requestHttps : requestHttp;
    const options: RequestOptions = {
      method: 'POST',
      headers: {
        ...headers,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'user-agent': 'Tandem-Studio-Webhooks/1',
      },
      agent: false,
      lookup: guardedLookup(this.policy),
      maxHeaderSize: HEADER_BYTES_MAX,
      signal: AbortSignal.timeout(this.config.webhookTimeoutMs),
    };
    return new Promise((resolve, reject) => {
      const sent = request(url, options, (response) => {
        readBeginning(response, (beginning) => {
          resolve({ statusCode: response.statusCode ?? 0, beginning, retryAfterMs: retryAfterOf(response) });
          sent.destroy();
        });
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }
}

/** Calls back once, with what came before the answer ended, broke, or was long enough. */
function readBeginning(response: IncomingMessage, done: (beginning: string) => void): void {
  const chunks: Buffer[] = [];
  let length = 0;
  const finish = () => done(Buffer.concat(chunks).subarray(0, ANSWER_BYTES_MAX).toString('utf8'));
  // The status has come: an answer that breaks off later is still that answer.
  response.on('error', finish);
  response.on('end', finish);
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= ANSWER_BYTES_MAX) finish();
  });
}

/** Seconds or a date; anything else is no wish. */
function retryAfterOf(response: IncomingMessage): number | null {
  const text = response.headers['retry-after'];
  if (text === undefined) return null;
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isFinite(ms) && ms > 0 ? ms : null;
}

function describe(answer: Answer): string {
  const isRedirect = answer.statusCode >= 300 && answer.statusCode < 400;
  return printable(isRedirect ? `redirects are not followed. ${answer.beginning}` : answer.beginning);
}

function reasonOf(cause: unknown): string {
  const { name, message, errors } = cause as Partial<AggregateError>;
  if (name === 'AbortError' || name === 'TimeoutError') return 'no answer in time';
  // Several addresses were tried and none answered: the reasons are inside.
  if (Array.isArray(errors) && errors.length > 0) return reasonOf(errors[0]);
  return printable(message ?? 'unknown');
}

/** Text of a stranger, for people and for the database, which takes no NUL. */
function printable(text: string): string {
  return text
    .replace(/[\p{Cc}\s\ufffd]+/gu, ' ')
    .trim()
    .slice(0, ERROR_LENGTH_MAX);
}
