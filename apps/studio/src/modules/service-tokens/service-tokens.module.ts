import { Module } from '@nestjs/common';
import { Clock, SystemClock } from '@tandem/platform/clock';
import { ServiceTokenChanges } from '@tandem/platform/identity/service-token-changes';
import { AuditModule } from '../audit/audit.module.ts';
import { ChangeServiceTokens } from './change-service-tokens.ts';
import { ServiceTokensController } from './service-tokens.controller.ts';

/** Credentials of other services, for administrators. */
@Module({
  imports: [AuditModule],
  controllers: [ServiceTokensController],
  providers: [ServiceTokenChanges, ChangeServiceTokens, { provide: Clock, useClass: SystemClock }],
})
export class ServiceTokensModule {}
