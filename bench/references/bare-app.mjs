import { importFromStudio } from '../lib/checkout.mjs';

const { Body, Controller, Get, Module, Post } = await importFromStudio('@nestjs/common');
const { NestFactory } = await importFromStudio('@nestjs/core');
const { FastifyAdapter } = await importFromStudio('@nestjs/platform-fastify');

/** Plain JavaScript has no decorators; this is what the compiler makes of them. */
function decorateMethod(controller, name, ...decorators) {
  const descriptor = Object.getOwnPropertyDescriptor(controller.prototype, name);
  for (const decorate of decorators) decorate(controller.prototype, name, descriptor);
}

/**
 * Nest on Fastify with nothing added: no token, no validation, no request log, no security headers. It answers
 * `POST /v1/billing/credits/reserve` with what `reserve(body)` returns, and listens on the given port.
 */
export async function serveReserve(reserve, port) {
  class ReserveController {
    reserve(body) {
      return reserve(body);
    }

    ready() {
      return { status: 'ok' };
    }
  }
  Controller()(ReserveController);
  decorateMethod(ReserveController, 'reserve', Post('v1/billing/credits/reserve'));
  Body()(ReserveController.prototype, 'reserve', 0);
  decorateMethod(ReserveController, 'ready', Get('readyz'));

  class AppModule {}
  Module({ controllers: [ReserveController] })(AppModule);

  const app = await NestFactory.create(AppModule, new FastifyAdapter(), { logger: ['error'] });
  await app.listen({ port: Number(port), host: '127.0.0.1' });
}
