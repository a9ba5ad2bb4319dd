import type { LoggerService } from '@nestjs/common';
import { pino, type DestinationStream, type Logger } from 'pino';
import { currentRequestId } from './http/request-context.ts';

export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'silent';

// Applied to the finished line, so that a secret is caught at any depth, in a message and in a stack.
const SECRET_FIELDS =
  /("(?:authorization|cookie|set-cookie|x-service-token|x-api-key|x-csrf-token|password|new_password|token|secret|access_token|client_secret|stripe-signature)":)"(?:[^"\\]|\\.)*"/gi;
const SECRET_TEXTS =
  /\b(?:(?:sk|rk|pk|whsec|tdm)_[A-Za-z0-9_-]{6,}|Bearer\s+[A-Za-z0-9._~+/=-]{6,})|\b((?:studio_)?access_token|XSRF-TOKEN)=[^;\s"]+/gi;
const CONNECTION_PASSWORDS = /(\bpostgres(?:ql)?:\/\/[^:@/\s]+:)[^@\s"]+@/gi;

/** Replaces every secret in a text that is about to leave the process as a log line. */
export function redactSecrets(line: string): string {
  return line
    .replace(SECRET_FIELDS, '$1"[redacted]"')
    .replace(SECRET_TEXTS, '[redacted]')
    .replace(CONNECTION_PASSWORDS, '$1[redacted]@');
}

/** One JSON line per entry, with the request id of the request being answered. */
export function createLogger(options: {
  readonly service: string;
  readonly level: LogLevel;
  readonly destination?: DestinationStream;
}): Logger {
  return pino(
    {
      level: options.level,
      base: { service: options.service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      mixin: () => {
        const requestId = currentRequestId();
        return requestId === undefined ? {} : { request_id: requestId };
      },
      hooks: { streamWrite: redactSecrets },
    },
    options.destination ?? pino.destination({ sync: false }),
  );
}

/** Nest's own lines, through the same logger. Use with `app.useLogger`. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.write('info', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  /** Nest passes the stack (errors only) and then the context as trailing texts. */
  private write(level: Exclude<LogLevel, 'silent'>, message: unknown, rest: unknown[]): void {
    const context = rest.at(-1);
    const err = [message, ...rest].find((part) => part instanceof Error);
    const stack = level === 'error' && rest.length > 1 && typeof rest[0] === 'string' ? rest[0] : undefined;
    const text =
      message instanceof Error ? message.message : typeof message === 'string' ? message : JSON.stringify(message);
    this.logger[level]({ context: typeof context === 'string' ? context : undefined, err, stack }, text);
  }
}
