import { Injectable, RequestMethod, type OnModuleInit } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { readAccess, saysSomething } from './auth.guard.ts';

/** Refuses to start an application that has a route nobody decided about. */
@Injectable()
export class RouteAccessCheck implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
  ) {}

  onModuleInit(): void {
    const undecided = this.discovery
      .getControllers()
      .flatMap(({ metatype }) => this.undecidedRoutes(metatype as object));
    if (undecided.length === 0) return;
    throw new Error(`Every route needs @Public, @Roles or @Scopes; these have none:\n  ${undecided.join('\n  ')}`);
  }

  private undecidedRoutes(controller: object): string[] {
    const { prototype, name } = controller as { prototype: Record<string, unknown>; name: string };
    return this.scanner
      .getAllMethodNames(prototype)
      .filter((method) => {
        const handler = prototype[method] as object;
        const isRoute = Reflect.hasMetadata(PATH_METADATA, handler) && Reflect.hasMetadata(METHOD_METADATA, handler);
        return isRoute && !saysSomething(readAccess(this.reflector, handler, controller));
      })
      .map((method) => {
        const verb = Reflect.getMetadata(METHOD_METADATA, prototype[method] as object) as RequestMethod;
        return `${RequestMethod[verb]} ${name}.${method}`;
      });
  }
}
