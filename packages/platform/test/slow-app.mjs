// A service whose one route answers when the parent process says so. Run by shutdown.http.spec.ts.
import 'reflect-metadata';
import { once } from 'node:events';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Readiness } from '@tandem/platform/health/readiness';
import { configureApp, createFastifyAdapter } from '@tandem/platform/http/fastify-app';
import { createLogger } from '@tandem/platform/logging';
import { shutDownOnSignal } from '@tandem/platform/shutdown';

class SlowController {
  constructor(readiness) {
    this.readiness = readiness;
  }

  async slow() {
    process.send('began');
    await once(process, 'message');
    return { done: true };
  }

  async ready() {
    return { reason: (await this.readiness.inspect()).reason };
  }
}
const route = (method, path) =>
  Get(path)(SlowController.prototype, method, Object.getOwnPropertyDescriptor(SlowController.prototype, method));
route('slow', 'slow');
route('ready', 'ready');
Controller()(SlowController);
Reflect.defineMetadata('design:paramtypes', [Readiness], SlowController);

class SlowModule {}
Module({ controllers: [SlowController], providers: [Readiness] })(SlowModule);

const logger = createLogger({ service: 'slow', level: 'info' });
const app = await NestFactory.create(SlowModule, createFastifyAdapter({ logger, trustProxy: false }), {
  logger: false,
});
await configureApp(app, { isProduction: false });
shutDownOnSignal(app, { logger, drainMs: 500 });
await app.listen(0, '127.0.0.1');
process.send(await app.getUrl());
