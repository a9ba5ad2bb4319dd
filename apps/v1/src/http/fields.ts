import { Transform } from 'class-transformer';
import { Length, Matches, Max, Min, IsInt, ValidateBy } from 'class-validator';
import { isDay } from '../calendar/calendar.ts';

const ID_MAX = 2_147_483_647;

/** Applies several property decorators as one. */
function all(...decorators: PropertyDecorator[]): PropertyDecorator {
  return (target, property) => decorators.forEach((decorate) => decorate(target, property));
}

/** An integer in a query string. Anything but plain digits stays text, which the check then refuses. */
export function IsQueryInteger({ min, max }: { min: number; max: number }): PropertyDecorator {
  return all(
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' && /^(?:0|[1-9][0-9]{0,14})$/.test(value) ? Number(value) : value,
    ),
    IsInt(),
    Min(min),
    Max(max),
  );
}

/** The id of a V1 row in a body. */
export function IsRowId(): PropertyDecorator {
  return all(IsInt(), Min(1), Max(ID_MAX));
}

/**
 * Text people typed: NFC form and trimmed, so that two equal-looking names are one name; no control characters, line
 * breaks only where a text may have several lines.
 */
export function IsText({
  max,
  min = 1,
  multiline = false,
}: {
  max: number;
  min?: number;
  multiline?: boolean;
}): PropertyDecorator {
  const allowed = multiline ? /^(?:[^\p{Cc}]|[\n\r\t])*$/u : /^[^\p{Cc}]*$/u;
  return all(
    Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.normalize('NFC').trim() : value)),
    Length(min, max),
    Matches(allowed, { message: '$property must not contain control characters' }),
  );
}

/** A calendar day that exists, `YYYY-MM-DD`. */
export function IsDay(): PropertyDecorator {
  return ValidateBy({
    name: 'isDay',
    validator: {
      validate: (value: unknown) => typeof value === 'string' && isDay(value),
      defaultMessage: (args) => `${args?.property ?? 'value'} must be a day such as 2026-03-31`,
    },
  });
}

const INSTANT =
  /^([0-9]{4}-[0-9]{2}-[0-9]{2})(?:T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(?:Z|[+-][0-9]{2}:[0-9]{2}))?$/;

/** An instant with its offset, or a day (midnight UTC). Without an offset it would mean the server's own zone. */
export function IsInstant(): PropertyDecorator {
  return ValidateBy({
    name: 'isInstant',
    validator: {
      validate: (value: unknown) => {
        const day = typeof value === 'string' ? INSTANT.exec(value)?.[1] : undefined;
        return day !== undefined && isDay(day) && !Number.isNaN(Date.parse(value as string));
      },
      defaultMessage: (args) => `${args?.property ?? 'value'} must be an instant such as 2026-03-31T10:00:00Z`,
    },
  });
}
