import type { FastifyInstance } from 'fastify';

/** Remembers every registered route, to tell a wrong method (405) from a wrong address (404). */
export class KnownPaths {
  private readonly methodsByPattern = new Map<string, Set<string>>();
  private matchers: { pattern: RegExp; methods: Set<string> }[] | undefined;

  constructor(instance: FastifyInstance) {
    instance.addHook('onRoute', (route) => {
      // Catch-alls (preflight answers, pages of the console) say nothing about one address.
      if (route.url === '*' || route.url === '/*') return;
      const methods = this.methodsByPattern.get(route.url) ?? new Set();
      for (const method of [route.method].flat()) methods.add(method);
      this.methodsByPattern.set(route.url, methods);
      this.matchers = undefined;
    });
  }

  /** Methods a path answers to; empty for an unknown path. */
  methodsOf(path: string): string[] {
    this.matchers ??= [...this.methodsByPattern].map(([url, methods]) => ({ pattern: toPattern(url), methods }));
    return [
      ...new Set(this.matchers.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => [...methods])),
    ];
  }
}

function toPattern(url: string): RegExp {
  const source = url
    .split('/')
    .map((segment) => {
      if (segment.startsWith(':')) return '[^/]+';
      return segment.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
    })
    .join('/');
  return new RegExp(`^${source}$`);
}
