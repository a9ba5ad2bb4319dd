import {
  ValidationPipe,
  type ArgumentMetadata,
  type PipeTransform,
  type ValidationError as ClassValidatorError,
  type ValidationPipeOptions,
} from '@nestjs/common';
import { plainToInstance, type ClassConstructor } from 'class-transformer';
import { validateSync } from 'class-validator';
import { ValidationError, type FieldError } from '../errors.ts';
import { compileAcceptance, type QuickAcceptance } from './quick-acceptance.ts';

const rules = {
  whitelist: true,
  forbidNonWhitelisted: true,
  forbidUnknownValues: true,
  stopAtFirstError: false,
  // The rejected value stays out of the error: it would end in logs.
  validationError: { target: false, value: false },
} as const satisfies ValidationPipeOptions;

/**
 * The global pipe: unknown fields are refused, known ones become instances of their DTO class.
 *
 * @param hotBodies flat body classes of the busiest routes; valid ones skip the slow way.
 */
export function createValidationPipe(hotBodies: readonly (new () => object)[] = []): PipeTransform {
  return new QuickValidationPipe(new Map(hotBodies.map((type) => [type, compileAcceptance(type)])));
}

class QuickValidationPipe implements PipeTransform {
  private readonly ordinary = new ValidationPipe({
    ...rules,
    transform: true,
    exceptionFactory: (errors) => new ValidationError(toFieldErrors(errors)),
  });

  constructor(private readonly quick: ReadonlyMap<unknown, QuickAcceptance>) {}

  transform(value: unknown, metadata: ArgumentMetadata): unknown {
    // What a decorator of ours found (who calls) is not input.
    if (metadata.type === 'custom') return value;
    const accepted = metadata.type === 'body' ? this.quick.get(metadata.metatype)?.(value) : null;
    return accepted ?? this.ordinary.transform(value, metadata);
  }
}

/**
 * The same check for one value, for bodies the pipe cannot describe (one object or an array of them).
 *
 * @param path prefix of the reported paths, for example `3` for the fourth item.
 * @throws ValidationError
 */
export function toValid<T extends object>(type: ClassConstructor<T>, value: unknown, path = ''): T {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ValidationError([{ path, message: 'must be an object' }]);
  }
  const instance = plainToInstance(type, value);
  const errors = validateSync(instance, rules);
  if (errors.length > 0) throw new ValidationError(toFieldErrors(errors, path));
  return instance;
}

/**
 * `toValid` for a flat class of which many values come: those valid beyond doubt skip the slow way.
 * @throws Error for a class with rules that cannot be compiled
 */
export function compileValid<T extends object>(type: ClassConstructor<T>): (value: unknown) => T {
  const accept = compileAcceptance(type);
  return (value) => (accept(value) as T | null) ?? toValid(type, value);
}

function toFieldErrors(errors: readonly ClassValidatorError[], parent = ''): FieldError[] {
  return errors.flatMap((error) => {
    const path = parent === '' ? error.property : `${parent}.${error.property}`;
    const own = Object.values(error.constraints ?? {}).map((message) => ({ path, message }));
    return [...own, ...toFieldErrors(error.children ?? [], path)];
  });
}
