import { Logger, Module, type OnModuleInit } from '@nestjs/common';
import { Clock, SystemClock } from '@tandem/platform/clock';
import { JobTasks } from '@tandem/platform/jobs/job-tasks';
import { Metrics } from '@tandem/platform/metrics/metrics';
import { AuditController } from './audit.controller.ts';
import { AuditQueries } from './audit.queries.ts';
import { AuditStore } from './audit.store.ts';
import { AuditTrail } from './audit-trail.ts';
import { RecordRefusedRequests } from './record-refused-requests.ts';

const VERIFY_AUDIT_TRAIL_TASK = 'verify-audit-trail';

/** Once an hour: the whole chain is read. */
export const VERIFY_AUDIT_TRAIL_CRONTAB = `17 * * * * ${VERIFY_AUDIT_TRAIL_TASK} ?max=1 {"after_seconds":50}`;

/** Who did what, and who was refused what, in a chain that shows tampering. */
@Module({
  controllers: [AuditController],
  providers: [{ provide: Clock, useClass: SystemClock }, AuditStore, AuditTrail, AuditQueries, RecordRefusedRequests],
  exports: [AuditTrail],
})
export class AuditModule implements OnModuleInit {
  private readonly logger = new Logger(AuditModule.name);

  constructor(
    private readonly tasks: JobTasks,
    private readonly audit: AuditQueries,
    private readonly metrics: Metrics,
  ) {}

  onModuleInit(): void {
    const violations = this.metrics.gauge({
      name: 'billing_audit_trail_violations',
      help: 'Lines of the audit trail that do not fit into its chain, when it was last checked',
    });
    this.tasks.register(VERIFY_AUDIT_TRAIL_TASK, async (_payload, { signal }) => {
      const { head, brokenCount } = await this.audit.verify(signal);
      violations.set(brokenCount);
      if (brokenCount > 0) this.logger.error(`The audit trail is broken in ${brokenCount} places`);
      // Logs leave the machine: a head noted there shows a tail that was cut off later.
      if (head) this.logger.log(`Audit trail ends at ${head.day}/${head.position} with ${head.digest}`);
    });
  }
}
