import { Controller, Get, Inject, Module, Res, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import pg from 'pg';
import { Public } from '../identity/access.ts';
import { Readiness, type ReadinessCheck } from './readiness.ts';

export interface HealthOptions {
  readonly service: string;
  readonly version: string;
  /** The database to watch, through a connection of its own: a full pool must not look like a dead database. */
  readonly databaseUrl: string;
  readonly checks?: readonly ReadinessCheck[];
}

const HEALTH_OPTIONS = Symbol('health options');
const CHECK_TIMEOUT_MS = 1000;

/** Asks the database for an answer on a connection nobody else uses. */
class DatabaseCheck implements ReadinessCheck, OnApplicationShutdown {
  readonly name = 'database';
  readonly reason = 'database unhealthy';
  private readonly pool: pg.Pool;

  constructor(options: HealthOptions) {
    this.pool = new pg.Pool({
      connectionString: options.databaseUrl,
      max: 1,
      connectionTimeoutMillis: CHECK_TIMEOUT_MS,
      query_timeout: CHECK_TIMEOUT_MS,
      application_name: `${options.service}-health`,
    });
    // Without a listener a lost idle connection would end the process; the next check reports it.
    this.pool.on('error', () => undefined);
  }

  async run(): Promise<void> {
    await this.pool.query('SELECT 1');
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.end();
  }
}

@ApiTags('health')
@Controller()
class HealthController {
  constructor(
    private readonly readiness: Readiness,
    @Inject(HEALTH_OPTIONS) private readonly options: HealthOptions,
  ) {}

  @Public()
  @Get('health')
  @ApiOperation({ summary: 'Is the process alive; 200 whatever the state of its database' })
  @ApiOkResponse({ description: 'Alive' })
  async health(): Promise<Record<string, unknown>> {
    const { checks } = await this.readiness.inspect();
    return {
      service: this.options.service,
      status: 'healthy',
      timestamp: new Date().toISOString(),
      version: this.options.version,
      uptime_seconds: Math.floor(process.uptime()),
      checks,
    };
  }

  @Public()
  @Get('healthz')
  @ApiOperation({ summary: 'Is the process alive, in two words' })
  @ApiOkResponse({ description: 'Alive' })
  healthz(): Record<string, unknown> {
    return { status: 'healthy', timestamp: new Date().toISOString() };
  }

  @Public()
  @Get('readyz')
  @ApiOperation({ summary: 'May traffic be sent here' })
  @ApiOkResponse({ description: 'Ready; 503 with a reason otherwise' })
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<Record<string, unknown>> {
    const { reason, facts } = await this.readiness.inspect();
    const timestamp = new Date().toISOString();
    if (reason === null) return { status: 'ready', timestamp, ...facts };
    void reply.status(503);
    return { status: 'not ready', reason, timestamp };
  }
}

/** Offers `Readiness` everywhere, and `GET /health`, `/healthz`, `/readyz`. */
@Module({})
export class HealthModule {
  static forRoot(options: HealthOptions): DynamicModule {
    return {
      module: HealthModule,
      global: true,
      controllers: [HealthController],
      providers: [
        { provide: HEALTH_OPTIONS, useValue: options },
        { provide: DatabaseCheck, useFactory: () => new DatabaseCheck(options) },
        {
          provide: Readiness,
          inject: [DatabaseCheck],
          useFactory: (database: DatabaseCheck) => {
            const readiness = new Readiness();
            for (const check of [database, ...(options.checks ?? [])]) readiness.add(check);
            return readiness;
          },
        },
      ],
      exports: [Readiness],
    };
  }
}
