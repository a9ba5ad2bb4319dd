import { CreateIdentity1700000000000 } from '@tandem/platform/identity/create-identity';
import { CreateServiceTokens1700000000001 } from '@tandem/platform/identity/create-service-tokens';
import type { MigrationInterface } from 'typeorm';
import { CreateAudit1700000001000 } from './create-audit.ts';
import { CreateCommissions1763700000700 } from './create-commissions.ts';
import { CreateCreations1763700000900 } from './create-creations.ts';
import { CreateDirectory1700000001001 } from './create-directory.ts';
import { CreateInvoices1700000001002 } from './create-invoices.ts';
import { CreateMonitorRefreshes1763700000800 } from './create-monitor-refreshes.ts';
import { CreatePayments1700000001003 } from './create-payments.ts';
import { CreateStudioLink1763700000600 } from './create-studio-link.ts';
import { CreateStudioSetbacks1763700001050 } from './create-studio-setbacks.ts';

/** Every migration of V1, in the order of the digits in their names. */
export const V1_MIGRATIONS: (new () => MigrationInterface)[] = [
  CreateIdentity1700000000000,
  CreateServiceTokens1700000000001,
  CreateAudit1700000001000,
  CreateDirectory1700000001001,
  CreateInvoices1700000001002,
  CreatePayments1700000001003,
  CreateStudioLink1763700000600,
  CreateCommissions1763700000700,
  CreateMonitorRefreshes1763700000800,
  CreateCreations1763700000900,
  CreateStudioSetbacks1763700001050,
];
