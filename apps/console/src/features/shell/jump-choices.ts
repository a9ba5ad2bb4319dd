import { EXTERNAL_KEY_PATTERN } from '../../shared/external-key-pattern.ts';
import type { Face, JumpTarget } from '../../shared/face.ts';

/** One line of the jump box. */
export interface JumpChoice {
  readonly href: string;
  readonly label: string;
  readonly hint: string;
  readonly isAccount: boolean;
}

/** Accounts that were found, the one whose whole key was typed in front, then pages. */
export function jumpChoices(face: Face, text: string, found: readonly JumpTarget[]): JumpChoice[] {
  const isUnlisted = EXTERNAL_KEY_PATTERN.test(text) && !found.some((account) => account.externalKey === text);
  const typed = isUnlisted ? [{ externalKey: text, name: `Open ${text}`, hint: 'by its key' }] : [];
  const accounts = [...typed, ...found].map((account) => ({
    href: face.accountHref(account.externalKey),
    label: account.name,
    hint: `${account.externalKey} · ${account.hint}`,
    isAccount: true,
  }));
  const pages = face.navigation.flatMap(({ section, pages: ofSection }) =>
    ofSection
      .filter((page) => page.label.toLowerCase().includes(text.toLowerCase()))
      .map((page) => ({ href: page.path, label: page.label, hint: section, isAccount: false })),
  );
  return [...accounts, ...pages];
}
