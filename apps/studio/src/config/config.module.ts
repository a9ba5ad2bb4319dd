import { Global, Module, type DynamicModule } from '@nestjs/common';
import { StudioConfig } from './config.ts';

/** Makes the one configuration injectable everywhere as `StudioConfig`. */
@Global()
@Module({})
export class ConfigModule {
  static forRoot(config: StudioConfig): DynamicModule {
    return {
      module: ConfigModule,
      providers: [{ provide: StudioConfig, useValue: config }],
      exports: [StudioConfig],
    };
  }
}
