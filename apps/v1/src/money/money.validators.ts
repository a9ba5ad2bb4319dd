import { Transform } from 'class-transformer';
import { ValidateBy, type ValidationOptions } from 'class-validator';
import { MONEY_PATTERN } from './money.ts';

/**
 * A non-negative amount in major units, given as a decimal string or a JSON number; the property always ends up a
 * string, so no sum is ever made of floats. Decimals are checked against the currency later.
 */
export function IsMoney(options?: ValidationOptions): PropertyDecorator {
  const toText = Transform(({ value }: { value: unknown }) => (typeof value === 'number' ? String(value) : value));
  const check = ValidateBy(
    {
      name: 'isMoney',
      validator: {
        validate: (value: unknown) => typeof value === 'string' && MONEY_PATTERN.test(value),
        defaultMessage: (args) => `${args?.property ?? 'amount'} must be a plain decimal amount, for example "1180.00"`,
      },
    },
    options,
  );
  return (target, property) => {
    toText(target, property);
    check(target, property);
  };
}
