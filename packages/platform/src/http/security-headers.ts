import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import helmet from 'helmet';

/**
 * False for a request that only a program can have sent. A browser puts a service token in a header when a script tells
 * it to, never when it opens a page: most of the headers below would govern a document that is not there.
 */
export function mayBeRendered(headers: IncomingHttpHeaders): boolean {
  return headers['x-service-token'] === undefined;
}

/**
 * The security headers of every answer, as helmet sets them. They depend on the configuration alone, so they are worked
 * out once: doing it for each answer costs as much as parsing its body.
 */
export function securityHeaders(isProduction: boolean): Readonly<Record<string, string>> {
  const setHeaders = helmet({
    strictTransportSecurity: isProduction && { maxAge: 31_536_000, includeSubDomains: true },
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        fontSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        objectSrc: ["'none'"],
        baseUri: ["'self'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
  });
  const headers: Record<string, string> = {};
  const recorder = {
    setHeader: (name: string, value: string) => void (headers[name.toLowerCase()] = value),
    removeHeader: () => undefined,
  };
  setHeaders({} as IncomingMessage, recorder as unknown as ServerResponse, (error) => {
    if (error !== undefined) throw new Error('The security headers cannot be built', { cause: error });
  });
  return headers;
}
