import { useDebouncedValue } from '@mantine/hooks';
import { Spotlight, spotlight } from '@mantine/spotlight';
import { IconArrowRight, IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { EXTERNAL_KEY_PATTERN } from '../../shared/external-key-pattern.ts';
import type { Face, JumpTarget } from '../../shared/face.ts';

const TYPING_PAUSE_MS = 150;

/** Ctrl+K: opens a page or an account by its name or external_key. */
export function JumpBox({ face, onGo }: { face: Face; onGo(href: string): void }) {
  const [text, setText] = useState('');
  const [wanted] = useDebouncedValue(text.trim(), TYPING_PAUSE_MS);
  const found = useQuery({
    queryKey: ['jump', wanted],
    queryFn: ({ signal }) => face.findAccounts(wanted, signal),
    enabled: wanted !== '',
    placeholderData: (previous) => previous,
  });
  const accounts = wanted === '' ? [] : withTypedKey(wanted, found.data ?? []);
  const pages = face.navigation
    .flatMap((section) => section.pages)
    .filter((page) => page.label.toLowerCase().includes(wanted.toLowerCase()));
  const go = (href: string) => {
    spotlight.close();
    onGo(href);
  };
  return (
    <Spotlight.Root
      query={text}
      onQueryChange={setText}
      shortcut={['mod + K']}
      tagsToIgnore={[]}
      clearQueryOnClose
      aria-label="Jump to a page or an account"
    >
      <Spotlight.Search
        placeholder="Name or external_key, for example v1:partner:77"
        aria-label="Name or external_key"
        leftSection={<IconSearch size={18} aria-hidden />}
      />
      <Spotlight.ActionsList>
        {accounts.map((account) => (
          <Spotlight.Action
            key={account.externalKey}
            label={account.name}
            description={`${account.externalKey} · ${account.hint}`}
            onClick={() => go(face.accountHref(account.externalKey))}
          />
        ))}
        {pages.map((page) => (
          <Spotlight.Action
            key={page.path}
            label={page.label}
            leftSection={<page.icon size={18} aria-hidden />}
            rightSection={<IconArrowRight size={16} aria-hidden />}
            onClick={() => go(page.path)}
          />
        ))}
        {accounts.length + pages.length === 0 && (
          <Spotlight.Empty>{found.isFetching ? 'Searching…' : `Nothing is called “${wanted}”.`}</Spotlight.Empty>
        )}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  );
}

/** A whole key leads to its account also when the list does not hold it. */
function withTypedKey(text: string, found: readonly JumpTarget[]): readonly JumpTarget[] {
  if (!EXTERNAL_KEY_PATTERN.test(text) || found.some((account) => account.externalKey === text)) return found;
  return [{ externalKey: text, name: `Open ${text}`, hint: 'by its key' }, ...found];
}
