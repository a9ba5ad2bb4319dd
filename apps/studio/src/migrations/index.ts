import { CreateIdentity1700000000000 } from '@tandem/platform/identity/create-identity';
import { CreateServiceTokens1700000000001 } from '@tandem/platform/identity/create-service-tokens';
import { CloseShortfalls1763700000630 } from './close-shortfalls.ts';
import { CreateAccounts1763700000100 } from './create-accounts.ts';
import { BeginStatistics1763700000900 } from './begin-statistics.ts';
import { CreateApplyCreditBatch1763700000500 } from './create-apply-credit-batch.ts';
import { CreateBalanceAlerts1763700000700 } from './create-balance-alerts.ts';
import { CreateAuditTrail1763700000600 } from './create-audit-trail.ts';
import { CreateBillingEvents1763700000300 } from './create-billing-events.ts';
import { CreateBookReads1763700000450 } from './create-book-reads.ts';
import { CreateFoldCreditCommands1763700000400 } from './create-fold-credit-commands.ts';
import { CreateIngestBillingEvents1763700000350 } from './create-ingest-billing-events.ts';
import { CreateHoldCommands1763700000420 } from './create-hold-commands.ts';
import { CreateLedger1763700000200 } from './create-ledger.ts';
import { CreateLots1763700000250 } from './create-lots.ts';
import { CreateWalletCommands1763700000440 } from './create-wallet-commands.ts';
import { CreateOutgoingWebhooks1763700000710 } from './create-outgoing-webhooks.ts';
import { CreateLedgerSeals1763700000800 } from './create-ledger-seals.ts';
import { CreateOperatorActs1763700000610 } from './create-operator-acts.ts';
import { CreateOverdraftLimits1763700000620 } from './create-overdraft-limits.ts';
import { RestrictServiceTokens1763700000640 } from './restrict-service-tokens.ts';

/** Every migration of Studio's database, in the order they run. */
export const STUDIO_MIGRATIONS = [
  CreateIdentity1700000000000,
  CreateServiceTokens1700000000001,
  CreateAccounts1763700000100,
  CreateLedger1763700000200,
  CreateLots1763700000250,
  CreateBillingEvents1763700000300,
  CreateIngestBillingEvents1763700000350,
  CreateFoldCreditCommands1763700000400,
  CreateHoldCommands1763700000420,
  CreateWalletCommands1763700000440,
  CreateBookReads1763700000450,
  CreateApplyCreditBatch1763700000500,
  CreateAuditTrail1763700000600,
  CreateOperatorActs1763700000610,
  CreateOverdraftLimits1763700000620,
  CloseShortfalls1763700000630,
  RestrictServiceTokens1763700000640,
  CreateLedgerSeals1763700000800,
  CreateBalanceAlerts1763700000700,
  CreateOutgoingWebhooks1763700000710,
  BeginStatistics1763700000900,
];
