import { CloseButton, Kbd, TextInput } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';

const TYPING_PAUSE_MS = 250;

/** Search box of a list: `/` goes to it, and a pause in typing applies it. */
export function SearchField({ label, value, onApply }: { label: string; value: string; onApply(text: string): void }) {
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(value);
  const applied = useRef(value);

  // Back, a cleared filter or a jump change the address; the box follows.
  useEffect(() => {
    if (value === applied.current) return;
    applied.current = value;
    setText(value);
  }, [value]);
  useEffect(() => {
    if (text.trim() === applied.current) return undefined;
    const timer = setTimeout(() => {
      applied.current = text.trim();
      onApply(text.trim());
    }, TYPING_PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, onApply]);
  useHotkeys([['/', () => input.current?.focus()]]);

  return (
    <TextInput
      ref={input}
      type="search"
      aria-label={label}
      placeholder={label}
      miw={{ base: '100%', xs: 260 }}
      maxLength={100}
      value={text}
      onChange={(event) => setText(event.currentTarget.value)}
      leftSection={<IconSearch size={16} aria-hidden />}
      rightSection={
        text === '' ? <Kbd size="xs">/</Kbd> : <CloseButton aria-label="Clear search" onClick={() => setText('')} />
      }
    />
  );
}
