import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { Clock } from '@tandem/platform/clock';
import { currentRequestId } from '@tandem/platform/http/request-context';
import axios, { AxiosError, type AxiosInstance, type AxiosResponse } from 'axios';
import {
  BrokenCircuitError,
  circuitBreaker,
  ConsecutiveBreaker,
  handleType,
  type CircuitBreakerPolicy,
} from 'cockatiel';
import { V1Config } from '../../config/config.ts';
import { LinkState } from './link-state.ts';
import { isStudioFailing, noAnswer, readAnswer, type StudioAnswer } from './studio-answer.ts';

/** A hostile or broken Studio may not fill our memory (RELIABILITY S16). */
const ANSWER_BYTES_MAX = 5 * 1024 * 1024;
const SOCKETS_MAX = 32;

export interface StudioCall {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number>>;
  /** Sent byte for byte. */
  readonly body?: string;
  /** Whole time the call may take, answer body included. */
  readonly timeoutMs: number;
  /** The route takes anybody's call: its success says nothing about our token. */
  readonly isPublic?: boolean;
  /** Checks the shape of a 2xx body. */
  looksRight(body: Record<string, unknown>): boolean;
}

/** Thrown inside the breaker so that it counts; never leaves this file. */
class StudioFailedError extends Error {
  readonly answer: StudioAnswer;
  constructor(answer: StudioAnswer) {
    super(answer.error ?? answer.reason);
    this.answer = answer;
  }
}

/** The one place V1 opens a connection to Studio. Never throws for anything Studio or the network does. */
@Injectable()
export class StudioHttp implements OnModuleDestroy {
  private readonly logger = new Logger(StudioHttp.name);
  private readonly client: AxiosInstance;
  private readonly breaker: CircuitBreakerPolicy;
  private readonly agents: readonly [HttpAgent, HttpsAgent];

  constructor(
    config: V1Config,
    private readonly link: LinkState,
    private readonly clock: Clock,
  ) {
    this.agents = [
      new HttpAgent({ keepAlive: true, maxSockets: SOCKETS_MAX }),
      new HttpsAgent({ keepAlive: true, maxSockets: SOCKETS_MAX }),
    ];
    this.client = axios.create({
      baseURL: config.studioBaseUrl,
      headers: { 'x-service-token': config.studioServiceToken, accept: 'application/json' },
      httpAgent: this.agents[0],
      httpsAgent: this.agents[1],
      maxRedirects: 0,
      maxContentLength: ANSWER_BYTES_MAX,
      proxy: false,
      responseType: 'text',
      transformResponse: (text: unknown) => text,
      validateStatus: () => true,
    });
    this.breaker = circuitBreaker(handleType(StudioFailedError), {
      halfOpenAfter: config.studioBreakerHalfOpenMs,
      breaker: new ConsecutiveBreaker(config.studioBreakerFailures),
    });
  }

  onModuleDestroy(): void {
    for (const agent of this.agents) agent.destroy();
  }

  /** Makes the call and says how it ended. With the breaker open there is no call: `unreachable` at once. */
  async call(call: StudioCall): Promise<StudioAnswer> {
    let answer: StudioAnswer;
    try {
      answer = await this.breaker.execute(async () => {
        const sent = await this.send(call);
        // Only what says "Studio cannot work now" opens the breaker; a refusal is a healthy answer.
        if (isStudioFailing(sent)) throw new StudioFailedError(sent);
        return sent;
      });
    } catch (error) {
      if (error instanceof StudioFailedError) answer = error.answer;
      else if (error instanceof BrokenCircuitError) {
        return noAnswer('unreachable', 'not called: earlier calls failed, the next try is soon');
      } else throw error;
    }
    await this.link.note(answer, this.clock.now(), { provesToken: call.isPublic !== true });
    if (answer.error !== null)
      this.logger.warn(`Studio ${call.method} ${call.path}: ${answer.reason} (${answer.error})`);
    return answer;
  }

  private async send(call: StudioCall): Promise<StudioAnswer> {
    const timeoutMs = Math.floor(call.timeoutMs);
    if (timeoutMs <= 0) return noAnswer('timeout', 'no time left for the call');
    let response: AxiosResponse<string>;
    try {
      response = await this.client.request<string>({
        method: call.method,
        url: call.path,
        params: call.query,
        data: call.body,
        headers: {
          ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
          'x-request-id': currentRequestId(),
        },
        // axios' own timeout lets a trickling answer through; this is a deadline for everything.
        signal: AbortSignal.timeout(timeoutMs),
      });
    } catch (error) {
      return answerOfFailure(error, timeoutMs);
    }
    const header = (name: string): string | undefined => {
      const value: unknown = response.headers[name];
      return typeof value === 'string' ? value : undefined;
    };
    return readAnswer(
      {
        status: response.status,
        body: parseBody(response.data),
        retryAfter: header('retry-after'),
        replayed: header('idempotent-replayed') === 'true',
      },
      (body) => call.looksRight(body),
    );
  }
}

function answerOfFailure(error: unknown, timeoutMs: number): StudioAnswer {
  if (!(error instanceof AxiosError)) throw error;
  if (error.code === AxiosError.ERR_CANCELED || error.code === 'ETIMEDOUT' || error.code === AxiosError.ECONNABORTED) {
    return noAnswer('timeout', `no answer within ${timeoutMs} ms`);
  }
  return noAnswer('unreachable', error.code ?? error.message);
}

/** Not JSON is not our contract; `readAnswer` says so. */
function parseBody(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
