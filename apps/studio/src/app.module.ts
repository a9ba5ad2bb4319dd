import { Module, type DynamicModule } from '@nestjs/common';
import { DatabaseModule } from '@tandem/platform/database/database.module';
import { HealthModule } from '@tandem/platform/health/health.module';
import { IdentityModule } from '@tandem/platform/identity/identity.module';
import { JobsModule } from '@tandem/platform/jobs/jobs.module';
import { MetricsModule } from '@tandem/platform/metrics/metrics.module';
import { ConfigModule } from './config/config.module.ts';
import type { StudioConfig } from './config/config.ts';
import { AccountsModule } from './modules/accounts/accounts.module.ts';
import { AlertsModule } from './modules/alerts/alerts.module.ts';
import { ApprovalsModule, FINISH_ACTS_CRONTAB } from './modules/approvals/approvals.module.ts';
import { AuditModule, VERIFY_AUDIT_TRAIL_CRONTAB } from './modules/audit/audit.module.ts';
import { EventsModule } from './modules/events/events.module.ts';
import { ExplainModule } from './modules/explain/explain.module.ts';
import { CHECK_INVARIANTS_CRONTAB, InvariantsModule } from './modules/invariants/invariants.module.ts';
import { EXPIRE_CREDITS_CRONTAB, LedgerModule } from './modules/ledger/ledger.module.ts';
import { LotsModule } from './modules/lots/lots.module.ts';
import { MetaModule } from './modules/meta/meta.module.ts';
import { STUDIO_VERSION } from './modules/meta/meta.controller.ts';
import { OperatorModule } from './modules/operator/operator.module.ts';
import { STUDIO_ROLES, STUDIO_SESSION_COOKIE } from './modules/operator/operator-roles.ts';
import { SEAL_LEDGER_CRONTAB, SealsModule } from './modules/seals/seals.module.ts';
import { OutgoingWebhooksModule } from './modules/outgoing-webhooks/outgoing-webhooks.module.ts';
import { ServiceTokensModule } from './modules/service-tokens/service-tokens.module.ts';
import { StatementsModule } from './modules/statements/statements.module.ts';
import { TimelineModule } from './modules/timeline/timeline.module.ts';

/** Table of contents of Studio. */
@Module({})
export class AppModule {
  static forRoot(config: StudioConfig): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(config),
        DatabaseModule.forRoot({
          url: config.databaseUrl,
          poolMax: config.databasePoolMax,
          entities: [],
          applicationName: 'studio',
        }),
        HealthModule.forRoot({ service: 'studio', version: STUDIO_VERSION, databaseUrl: config.databaseUrl }),
        MetricsModule.forRoot({ service: 'billing' }),
        JobsModule.forRoot({
          databaseUrl: config.databaseUrl,
          enabled: config.jobsEnabled,
          keepsContext: false,
          crontab: [
            EXPIRE_CREDITS_CRONTAB,
            SEAL_LEDGER_CRONTAB,
            CHECK_INVARIANTS_CRONTAB,
            FINISH_ACTS_CRONTAB,
            VERIFY_AUDIT_TRAIL_CRONTAB,
          ].join('\n'),
        }),
        IdentityModule.forRoot({
          roles: STUDIO_ROLES,
          sessionSecret: config.sessionSecret,
          secureCookies: config.isProduction,
          sessionCookie: STUDIO_SESSION_COOKIE,
        }),
        AccountsModule,
        LedgerModule,
        SealsModule,
        EventsModule,
        TimelineModule,
        LotsModule,
        ExplainModule,
        StatementsModule,
        AuditModule,
        ApprovalsModule,
        OperatorModule,
        ServiceTokensModule,
        AlertsModule,
        OutgoingWebhooksModule,
        InvariantsModule,
        MetaModule,
      ],
    };
  }
}
