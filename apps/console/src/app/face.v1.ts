import { IconActivity } from '@tabler/icons-react';
import { findMonitored, readV1Environment } from '../features/monitor/find-monitored.ts';
import { monitorHref } from '../features/monitor/monitor-href.ts';
import type { Face } from '../shared/face.ts';

export { routeTree } from './route-tree.v1.gen.ts';

/** The console of the people who run the business. */
export const face: Face = {
  service: 'V1',
  tagline: 'Billing operations',
  primaryColor: 'indigo',
  home: '/admin/billing-monitor',
  navigation: [
    {
      section: 'Operations',
      pages: [{ path: '/admin/billing-monitor', label: 'Billing Monitor', icon: IconActivity }],
    },
  ],
  readEnvironment: readV1Environment,
  findAccounts: findMonitored,
  accountHref: monitorHref,
};
