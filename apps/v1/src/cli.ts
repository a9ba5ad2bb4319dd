#!/usr/bin/env node
import 'reflect-metadata';
import { explainFailure } from '@tandem/platform/explain-failure';
import { createCommands } from './commands.ts';

try {
  await createCommands({ print: (value) => process.stdout.write(`${JSON.stringify(value)}\n`) }).parseAsync();
} catch (error) {
  process.stderr.write(`${explainFailure(error)}\n`);
  process.exitCode = 1;
}
