import { createHash, timingSafeEqual } from 'node:crypto';
import { Controller, Get, Headers, Inject, Module, Res, type DynamicModule } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { DomainError } from '../errors.ts';
import { Public } from '../identity/access.ts';
import { Metrics } from './metrics.ts';

const SCRAPE_TOKEN = Symbol('scrape token');

@ApiExcludeController()
@Controller()
class MetricsController {
  constructor(
    private readonly metrics: Metrics,
    @Inject(SCRAPE_TOKEN) private readonly scrapeToken: string | null,
  ) {}

  @Public()
  @Get('metrics')
  async scrape(@Headers('authorization') authorization: string | undefined, @Res() reply: FastifyReply): Promise<void> {
    if (this.scrapeToken !== null && !isSame(authorization ?? '', `Bearer ${this.scrapeToken}`)) {
      throw new DomainError('unauthorized', 'Authentication is required.');
    }
    const text = await this.metrics.registry.metrics();
    await reply.header('content-type', this.metrics.registry.contentType).send(text);
  }
}

/** Compares digests, so that neither content nor length shows in the time taken. */
function isSame(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

/** Offers `Metrics` everywhere and `GET /metrics`. */
@Module({})
export class MetricsModule {
  /** @param options.scrapeToken when set, scrapers must send it as Bearer token; otherwise the network must shield it. */
  static forRoot(options: { readonly service: string; readonly scrapeToken?: string }): DynamicModule {
    return {
      module: MetricsModule,
      global: true,
      controllers: [MetricsController],
      providers: [
        { provide: Metrics, useFactory: () => new Metrics(options.service) },
        { provide: SCRAPE_TOKEN, useValue: options.scrapeToken ?? null },
      ],
      exports: [Metrics],
    };
  }
}
