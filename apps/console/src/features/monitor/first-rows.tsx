import { Button, Center, Text } from '@mantine/core';
import { useMemo, useState, type ReactNode } from 'react';

const SHOWN_FIRST = 15;

interface FirstRowsProps<Row> {
  readonly rows: Row[];
  show(rows: Row[]): ReactNode;
}

/** How many rows there are, the first of them, and the rest on request. */
export function FirstRows<Row>({ rows, show }: FirstRowsProps<Row>) {
  const [isWhole, setIsWhole] = useState(false);
  const shown = useMemo(() => (isWhole ? rows : rows.slice(0, SHOWN_FIRST)), [rows, isWhole]);
  return (
    <>
      <Text size="xs" c="dimmed" pb={4}>
        {rows.length} rows
      </Text>
      {show(shown)}
      {shown.length < rows.length && (
        <Center p="sm">
          <Button variant="default" size="xs" onClick={() => setIsWhole(true)}>
            Show all {rows.length}
          </Button>
        </Center>
      )}
    </>
  );
}
