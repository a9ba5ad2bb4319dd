import type { TablerIcon } from '@tabler/icons-react';

/** An account that the jump box found. */
export interface JumpTarget {
  readonly externalKey: string;
  readonly name: string;
  readonly hint: string;
}

/** What differs between the two consoles, as far as shared pages need to know. */
export interface Face {
  /** Name of the service, as people say it. */
  readonly service: string;
  readonly tagline: string;
  readonly primaryColor: string;
  readonly home: string;
  readonly navigation: readonly {
    readonly section: string;
    readonly pages: readonly { readonly path: string; readonly label: string; readonly icon: TablerIcon }[];
  }[];
  /** Where the service runs, for the badge in the header. */
  readEnvironment(): Promise<string>;
  findAccounts(text: string, signal: AbortSignal): Promise<JumpTarget[]>;
  /** Address of one account. */
  accountHref(externalKey: string): string;
}
