import { type DynamicModule, Module } from '@nestjs/common';
import { Clock } from '@tandem/platform/clock';
import { DatabaseModule } from '@tandem/platform/database/database.module';
import { HealthModule } from '@tandem/platform/health/health.module';
import { IdentityModule } from '@tandem/platform/identity/identity.module';
import { JobsModule } from '@tandem/platform/jobs/jobs.module';
import { MetricsModule } from '@tandem/platform/metrics/metrics.module';
import { ConfigModule } from './config/config.module.ts';
import type { V1Config } from './config/config.ts';
import { V1_ENTITIES } from './entities.ts';
import { AuditModule } from './modules/audit/audit.module.ts';
import { CommissionsModule } from './modules/commissions/commissions.module.ts';
import { DirectoryModule } from './modules/directory/directory.module.ts';
import { V1_ROLES } from './modules/identity/roles.ts';
import { InvoicesModule } from './modules/invoices/invoices.module.ts';
import { MetaModule } from './modules/meta/meta.module.ts';
import { MonitorModule } from './modules/monitor/monitor.module.ts';
import { PaymentsModule } from './modules/payments/payments.module.ts';
import { StudioLinkModule } from './modules/studio-link/studio-link.module.ts';

const SERVICE = 'v1';

@Module({})
class ClockModule {}

/** Table of contents of V1: plumbing first, then the business in reading order. */
@Module({})
export class AppModule {
  static forRoot(config: V1Config, clock: Clock): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(config),
        {
          module: ClockModule,
          global: true,
          providers: [{ provide: Clock, useValue: clock }],
          exports: [Clock],
        },
        DatabaseModule.forRoot({
          url: config.databaseUrl,
          poolMax: config.databasePoolMax,
          entities: V1_ENTITIES,
          applicationName: SERVICE,
        }),
        IdentityModule.forRoot({
          roles: V1_ROLES,
          sessionSecret: config.sessionSecret,
          secureCookies: config.isProduction,
        }),
        JobsModule.forRoot({ databaseUrl: config.databaseUrl, enabled: config.jobsEnabled }),
        MetricsModule.forRoot({ service: SERVICE }),
        HealthModule.forRoot({ service: SERVICE, version: config.version, databaseUrl: config.databaseUrl }),
        AuditModule,
        DirectoryModule,
        InvoicesModule,
        PaymentsModule,
        StudioLinkModule,
        CommissionsModule,
        MonitorModule,
        MetaModule,
      ],
    };
  }
}
