import { randomBytes } from 'node:crypto';

export type Environment = Readonly<Record<string, string | undefined>>;

const SECRET_LENGTH_MIN = 16;

/** Raised at boot; the message lists every problem, so that one start shows all of them. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The configuration has ${problems.length} problem(s):\n${problems.map((line) => `  - ${line}`).join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/**
 * Reads one variable per call. A bad or missing value is noted, not thrown, and a stand-in of the right type is
 * returned; `readConfig` throws before anybody sees a stand-in.
 */
export class ConfigReader {
  readonly problems: string[] = [];
  /** True only when NODE_ENV says so: an environment nobody named is treated as production. */
  readonly isDevelopment: boolean;

  constructor(private readonly environment: Environment) {
    this.isDevelopment = ['development', 'test'].includes(environment['NODE_ENV'] ?? '');
  }

  /** A required text, or `fallback` when it is not set. */
  text(name: string, fallback?: string): string {
    return this.raw(name) ?? fallback ?? this.problem(name, 'is missing', '');
  }

  optionalText(name: string): string | undefined {
    return this.raw(name);
  }

  /** A whole number inside the limits. */
  int(name: string, fallback?: number, limits: { min?: number; max?: number } = {}): number {
    const raw = this.raw(name);
    if (raw === undefined) return fallback ?? this.problem(name, 'is missing', 0);
    const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = limits;
    const value = Number(raw);
    if (/^-?\d+$/.test(raw) && value >= min && value <= max) return value;
    return this.problem(name, `must be a whole number from ${min} to ${max}`, 0);
  }

  /** A TCP port; 0 means any free port. */
  port(name: string, fallback?: number): number {
    return this.int(name, fallback, { min: 0, max: 65_535 });
  }

  bool(name: string, fallback?: boolean): boolean {
    const raw = this.raw(name)?.toLowerCase();
    if (raw === undefined) return fallback ?? this.problem(name, 'is missing', false);
    if (['true', '1', 'yes', 'on'].includes(raw)) return true;
    if (['false', '0', 'no', 'off'].includes(raw)) return false;
    return this.problem(name, 'must be true or false', false);
  }

  oneOf<const T extends string>(name: string, allowed: readonly T[], fallback?: NoInfer<T>): T {
    const raw = this.raw(name);
    if (raw === undefined) return fallback ?? this.problem(name, 'is missing', '' as T);
    const match = allowed.find((candidate) => candidate === raw);
    return match ?? this.problem(name, `must be one of ${allowed.join(', ')}`, '' as T);
  }

  /** Comma-separated values, trimmed, without empty ones. */
  list(name: string, fallback?: readonly string[]): string[] {
    const raw = this.raw(name);
    if (raw === undefined) return fallback ? [...fallback] : this.problem(name, 'is missing', []);
    return raw
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '');
  }

  /** An absolute URL, returned as it was written. */
  url(name: string, fallback?: string): string {
    const value = this.raw(name) ?? fallback;
    if (value === undefined) return this.problem(name, 'is missing', '');
    return URL.canParse(value) ? value : this.problem(name, 'must be an absolute URL', '');
  }

  optionalUrl(name: string): string | undefined {
    return this.raw(name) === undefined ? undefined : this.url(name);
  }

  /**
   * A secret of at least 16 characters. Required outside development; in development a missing one becomes
   * `developmentDefault`, or a random value that lives as long as the process.
   */
  secret(name: string, options: { developmentDefault?: string } = {}): string {
    const raw = this.raw(name);
    if (raw === undefined) {
      if (this.isDevelopment) return options.developmentDefault ?? randomBytes(32).toString('base64url');
      return this.problem(name, 'is missing (a secret has no default outside development)', '');
    }
    if (!this.isDevelopment && raw.length < SECRET_LENGTH_MIN) {
      return this.problem(name, `must have at least ${SECRET_LENGTH_MIN} characters`, '');
    }
    if (!this.isDevelopment && raw === options.developmentDefault) {
      return this.problem(name, 'still has its development value', '');
    }
    return raw;
  }

  /** Notes a problem found by the caller, for rules that span several variables. */
  refuse(name: string, reason: string): void {
    this.problem(name, reason, undefined);
  }

  private raw(name: string): string | undefined {
    const value = this.environment[name]?.trim();
    return value === '' ? undefined : value;
  }

  private problem<T>(name: string, reason: string, standIn: T): T {
    this.problems.push(`${name} ${reason}`);
    return standIn;
  }
}

/**
 * Reads a whole configuration at once.
 *
 * @throws ConfigError listing every problem found, never the values.
 */
export function readConfig<T>(environment: Environment, build: (read: ConfigReader) => T): T {
  const reader = new ConfigReader(environment);
  const config = build(reader);
  if (reader.problems.length > 0) throw new ConfigError(reader.problems);
  return config;
}
