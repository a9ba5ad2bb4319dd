import { SegmentedControl, Text } from '@mantine/core';
import classes from './filter-bar.module.css';

interface FilterOption<Value extends string> {
  readonly value: Value;
  readonly label: string;
  readonly count?: number | undefined;
}

interface FilterBarProps<Value extends string> {
  readonly label: string;
  readonly value: Value;
  readonly options: readonly FilterOption<Value>[];
  onChange(value: Value): void;
}

/** One filter with a few values, each with how many rows it would show. */
export function FilterBar<Value extends string>({ label, value, options, onChange }: FilterBarProps<Value>) {
  return (
    <SegmentedControl
      aria-label={label}
      className={classes.bar}
      size="xs"
      value={value}
      onChange={(next) => onChange(next as Value)}
      data={options.map((option) => ({
        value: option.value,
        label: (
          <span>
            {option.label}
            {option.count !== undefined && (
              <Text span inherit className={classes.count}>
                {option.count}
              </Text>
            )}
          </span>
        ),
      }))}
    />
  );
}
