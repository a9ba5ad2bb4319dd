import { Module, type DynamicModule } from '@nestjs/common';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { dataSourceOptions, type DatabaseOptions } from './data-source-options.ts';
import { PgPool } from './pool.ts';
import { UnitOfWork } from './unit-of-work.ts';

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
