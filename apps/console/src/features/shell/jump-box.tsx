import { Modal, Text, TextInput, UnstyledButton } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState, type KeyboardEvent } from 'react';
import type { Face } from '../../shared/face.ts';
import classes from './jump-box.module.css';
import { jumpChoices, type JumpChoice } from './jump-choices.ts';

const TYPING_PAUSE_MS = 120;
const LIST_ID = 'jump-choices';
const optionId = (index: number) => `${LIST_ID}-${index}`;

interface JumpBoxProps {
  readonly face: Face;
  onGo(href: string): void;
  onClose(): void;
}

/** Opens a page, or an account by its name or external_key. Arrows choose, Enter goes. */
export function JumpBox({ face, onGo, onClose }: JumpBoxProps) {
  const [text, setText] = useState('');
  const [marked, setMarked] = useState(0);
  const [wanted] = useDebouncedValue(text.trim(), TYPING_PAUSE_MS);
  const found = useQuery({
    queryKey: ['jump', wanted],
    queryFn: ({ signal }) => face.findAccounts(wanted, signal),
    enabled: wanted !== '',
  });
  const isSearching = wanted !== text.trim() || found.isLoading;
  const choices = isSearching ? [] : jumpChoices(face, wanted, found.data ?? []);
  const go = (choice: JumpChoice | undefined) => {
    if (!choice) return;
    onClose();
    onGo(choice.href);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === 'Enter') go(choices[marked]);
    if (step === undefined || choices.length === 0) return;
    event.preventDefault();
    setMarked((marked + step + choices.length) % choices.length);
  };
  return (
    <Modal opened onClose={onClose} withCloseButton={false} padding={0} size="lg" yOffset="12vh" centered={false}>
      <TextInput
        data-autofocus
        size="md"
        variant="unstyled"
        px="sm"
        classNames={{ input: classes.input }}
        role="combobox"
        aria-label="Jump to an account or a page"
        aria-expanded={choices.length > 0}
        aria-controls={LIST_ID}
        aria-activedescendant={choices.length > 0 ? optionId(marked) : undefined}
        placeholder="Name or external_key, for example v1:partner:77"
        leftSection={<IconSearch size={18} aria-hidden />}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setMarked(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div id={LIST_ID} role="listbox" aria-label="Accounts and pages" className={classes.list}>
        {choices.map((choice, index) => (
          <UnstyledButton
            key={choice.href}
            id={optionId(index)}
            role="option"
            aria-selected={index === marked}
            tabIndex={-1}
            className={classes.choice}
            onMouseEnter={() => setMarked(index)}
            onClick={() => go(choice)}
          >
            <Text size="sm" fw={600}>
              {choice.label}
            </Text>
            <Text size="xs" c="dimmed" ff={choice.isAccount ? 'monospace' : undefined}>
              {choice.hint}
            </Text>
          </UnstyledButton>
        ))}
      </div>
      {choices.length === 0 && (
        <Text size="sm" c="dimmed" p="md" pt={0} role="status">
          {isSearching ? 'Searching…' : `Nothing is called “${wanted}”.`}
        </Text>
      )}
    </Modal>
  );
}
