import { Module } from '@nestjs/common';
import { Clock, SystemClock } from '@tandem/platform/clock';
import { MetaController } from './meta.controller.ts';

/** Who answers here. */
@Module({ controllers: [MetaController], providers: [{ provide: Clock, useClass: SystemClock }] })
export class MetaModule {}
