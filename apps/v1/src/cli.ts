#!/usr/bin/env node
import 'reflect-metadata';
import { ConfigError } from '@tandem/platform/config';
import { DomainError, ValidationError } from '@tandem/platform/errors';
import { createCommands } from './commands.ts';

try {
  await createCommands({ print: (value) => process.stdout.write(`${JSON.stringify(value)}\n`) }).parseAsync();
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = 1;
}

/** Refusals say in one line what to do; anything else is a fault and needs its stack. */
function explain(error: unknown): string {
  if (error instanceof ValidationError) return error.errors.map(({ message }) => message).join('; ');
  if (error instanceof DomainError || error instanceof ConfigError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
