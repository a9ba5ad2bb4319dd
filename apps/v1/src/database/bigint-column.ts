import type { ValueTransformer } from 'typeorm';

/** The driver gives `bigint` columns as text; money is BigInt in code and never a float in between. */
export const bigintColumn: ValueTransformer = {
  from: (value: string | null) => (value === null ? null : BigInt(value)),
  to: (value: bigint | null | undefined) => value?.toString() ?? value,
};
