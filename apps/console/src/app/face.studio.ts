import { IconUsers } from '@tabler/icons-react';
import { accountHref } from '../features/accounts/account-href.ts';
import { findAccounts, readStudioEnvironment } from '../features/accounts/find-accounts.ts';
import type { Face } from '../shared/face.ts';

export { routeTree } from './route-tree.studio.gen.ts';

/** The console of the people who run Studio. */
export const face: Face = {
  service: 'Studio',
  tagline: 'Credit control',
  primaryColor: 'violet',
  home: '/accounts',
  navigation: [{ section: 'Credit', pages: [{ path: '/accounts', label: 'Accounts', icon: IconUsers }] }],
  readEnvironment: readStudioEnvironment,
  findAccounts,
  accountHref,
};
