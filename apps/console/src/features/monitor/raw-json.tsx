import { Code } from '@mantine/core';
import classes from './raw-json.module.css';

/** What Studio said, word for word but for secrets, which V1 took out. */
export function RawJson({ value }: { value: unknown }) {
  return (
    <details className={classes.details}>
      <summary className={classes.summary}>Raw JSON (sanitized)</summary>
      <Code block mah={360} tabIndex={0} aria-label="Raw JSON (sanitized)" style={{ overflow: 'auto' }}>
        {JSON.stringify(value, null, 2)}
      </Code>
    </details>
  );
}
