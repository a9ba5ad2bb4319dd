import { type DynamicModule, Module } from '@nestjs/common';
import { V1Config } from './config.ts';

/** Offers `V1Config` everywhere. */
@Module({})
export class ConfigModule {
  static forRoot(config: V1Config): DynamicModule {
    return {
      module: ConfigModule,
      global: true,
      providers: [{ provide: V1Config, useValue: config }],
      exports: [V1Config],
    };
  }
}
