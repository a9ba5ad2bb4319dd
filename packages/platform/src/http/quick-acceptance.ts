import { getMetadataStorage, ValidationTypes, type ValidationArguments } from 'class-validator';

type Body = Record<string, unknown>;
type BodyClass = new () => object;

/** One check of one property, bound to what its decorator was given. */
type Check = (value: unknown, body: Body) => boolean;

interface Property {
  /** Present, null and absent values pass unchecked. */
  readonly isOptional: boolean;
  readonly checks: readonly Check[];
}

/** Answers an instance when the body is valid beyond doubt, null when the ordinary pipe has to look at it. */
export type QuickAcceptance = (body: unknown) => object | null;

/**
 * Compiles the class-validator decorators of a flat DTO class into a list of direct calls, for routes where the ordinary
 * pipe would cost more than the work itself. It only ever accepts; whatever it does not accept goes to the ordinary pipe,
 * which decides and finds the words. One source of rules, two ways through it.
 * @throws Error for a class with rules it does not understand: nested objects, arrays of values, conditions.
 */
export function compileAcceptance(type: BodyClass): QuickAcceptance {
  // Lists and not a Map: this runs once for every field of every request.
  const byName = propertiesOf(type);
  const properties = [...byName].map(([name, property]) => ({ name, ...property }));
  return (body) => {
    if (typeof body !== 'object' || body === null || Object.getPrototypeOf(body) !== Object.prototype) return null;
    const given = body as Body;
    let known = 0;
    for (const { name, isOptional, checks } of properties) {
      const value = given[name];
      if (value !== undefined) known += 1;
      if (isOptional && value == null) continue;
      for (const check of checks) if (!check(value, given)) return null;
    }
    const names = Object.keys(given);
    if (known !== names.length && !names.every((name) => byName.has(name))) return null;
    return Object.assign(new type(), given);
  };
}

function propertiesOf(type: BodyClass): Map<string, Property> {
  const storage = getMetadataStorage();
  const rules = storage.getTargetValidationMetadatas(type, '', false, false);
  const properties = new Map<string, { isOptional: boolean; checks: Check[] }>();
  for (const rule of rules) {
    const property = properties.get(rule.propertyName) ?? { isOptional: false, checks: [] };
    properties.set(rule.propertyName, property);
    if (rule.type === ValidationTypes.CONDITIONAL_VALIDATION && rule.name === 'isOptional') {
      property.isOptional = true;
    } else if (rule.type === ValidationTypes.CUSTOM_VALIDATION && !rule.each && rule.groups.length === 0) {
      for (const { instance } of storage.getTargetValidatorConstraints(rule.constraintCls)) {
        // One object for all calls: validators answer at once and keep nothing.
        const details: ValidationArguments = {
          targetName: type.name,
          property: rule.propertyName,
          constraints: (rule.constraints ?? []) as unknown[],
          value: undefined,
          object: {},
        };
        property.checks.push((value, object) => {
          details.value = value;
          details.object = object;
          // A validator that answers later cannot be waited for here: not accepted.
          return instance.validate(value, details) === true;
        });
      }
    } else {
      throw new Error(`${type.name}.${rule.propertyName} has a rule (${rule.type}) that cannot be compiled`);
    }
  }
  if (properties.size === 0) throw new Error(`${type.name} has no validation rules`);
  return properties;
}
