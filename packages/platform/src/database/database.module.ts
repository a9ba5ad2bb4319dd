import { Injectable, Logger, Module, type DynamicModule, type OnApplicationBootstrap } from '@nestjs/common';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { dataSourceOptions, type DatabaseOptions } from './data-source-options.ts';
import { PgPool } from './pool.ts';
import { UnitOfWork } from './unit-of-work.ts';

/** Says at each start when this service could rewrite the past: nothing else shows a URL that names the wrong role. */
@Injectable()
class RightsCheck implements OnApplicationBootstrap {
  private readonly logger = new Logger('Database');

  constructor(private readonly pool: PgPool) {}

  async onApplicationBootstrap(): Promise<void> {
    const { rows } = await this.pool.query<{ owns: boolean }>(
      `SELECT EXISTS (SELECT 1 FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
                         AND pg_has_role(relowner, 'USAGE')) AS owns`,
    );
    if (rows[0]?.owns !== true) return;
    this.logger.warn('Signed in as the owner of the tables: give the service a role of its own (infra/README.md).');
  }
}

/** Offers TypeORM, `PgPool` and `UnitOfWork` everywhere, over one pool. */
@Module({})
export class DatabaseModule {
  static forRoot(options: DatabaseOptions): DynamicModule {
    return {
      module: DatabaseModule,
      global: true,
      imports: [TypeOrmModule.forRoot({ ...dataSourceOptions(options), retryAttempts: 10, retryDelay: 1000 })],
      providers: [
        {
          provide: PgPool,
          inject: [getDataSourceToken()],
          useFactory: (dataSource: DataSource) => new PgPool(dataSource),
        },
        RightsCheck,
        {
          provide: UnitOfWork,
          inject: [getDataSourceToken()],
          useFactory: (dataSource: DataSource) => new UnitOfWork(dataSource),
        },
      ],
      exports: [PgPool, UnitOfWork, TypeOrmModule],
    };
  }
}
