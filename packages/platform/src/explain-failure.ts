import { ConfigError } from './config.ts';
import { DomainError, ValidationError } from './errors.ts';

/** What a command line says when a command fails: refusals in one line, anything else with its stack. */
export function explainFailure(error: unknown): string {
  if (error instanceof ValidationError) return error.errors.map(({ message }) => message).join('; ');
  if (error instanceof DomainError || error instanceof ConfigError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
