import { EVENT_PAYLOADS, type V1EventType } from '@tandem/contracts';
import { compileAcceptance, type QuickAcceptance } from '@tandem/platform/http/quick-acceptance';
import { getMetadataStorage } from 'class-validator';

interface CompiledPayload {
  readonly fields: ReadonlySet<string>;
  readonly accept: QuickAcceptance;
}

/** Their payment is an object of its own, which cannot be compiled. */
const NESTED: ReadonlySet<V1EventType> = new Set(['payment_recorded', 'invoice_paid']);

const compiled = new Map(
  (Object.keys(EVENT_PAYLOADS) as V1EventType[])
    .filter((type) => !NESTED.has(type))
    .map((type) => [type, compile(type)]),
);

/** True for a payload that is valid beyond doubt; false says nothing: the ordinary check decides, and finds the words. */
export function acceptsPayload(type: V1EventType, payload: Record<string, unknown>): boolean {
  const known = compiled.get(type);
  return known !== undefined && known.accept(fieldsAmong(known.fields, payload)) !== null;
}

function compile(type: V1EventType): CompiledPayload {
  const payload = EVENT_PAYLOADS[type];
  const rules = getMetadataStorage().getTargetValidationMetadatas(payload, '', false, false);
  return { fields: new Set(rules.map((rule) => rule.propertyName)), accept: compileAcceptance(payload) };
}

/** Fields the type does not name are kept unchecked: newer senders know more. */
function fieldsAmong(fields: ReadonlySet<string>, payload: Record<string, unknown>): Record<string, unknown> {
  const among: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(payload)) if (fields.has(name)) among[name] = value;
  return among;
}
