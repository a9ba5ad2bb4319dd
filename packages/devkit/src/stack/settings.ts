import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isPortFree } from '../free-port.ts';

/** The root of the checkout; the same from src (tests) and dist. */
export const CHECKOUT = fileURLToPath(new URL('../../../../', import.meta.url));

export interface StackSettings {
  dataDir: string;
  /** 0: any free port. */
  ports: { v1: number; studio: number; postgres: number };
  /** Servers of one's own; what is missing runs embedded. */
  databases: { v1?: string; studio?: string };
  demoWorld: boolean;
  /** Where `<app>/dist/main.js` and `<app>/dist/cli.js` are. */
  appsDir: string;
}

/** Reads the variables `corepack pnpm start` obeys; throws one error that lists every wrong one. */
export function readStackSettings(env: NodeJS.ProcessEnv): StackSettings {
  const problems: string[] = [];
  const port = (name: string, fallback: number): number => {
    const value = Number(env[name] ?? fallback);
    if (Number.isInteger(value) && value >= 0 && value <= 65_535) return value;
    problems.push(`${name} must be a port (0 for any free one), not "${env[name]}"`);
    return 0;
  };
  const settings: StackSettings = {
    dataDir: resolve(CHECKOUT, env.TANDEM_DATA_DIR ?? '.data'),
    ports: { v1: port('V1_PORT', 8080), studio: port('STUDIO_PORT', 3000), postgres: port('POSTGRES_PORT', 0) },
    databases: { v1: env.DATABASE_URL || undefined, studio: env.STUDIO_DATABASE_URL || undefined },
    demoWorld: env.DEMO_WORLD !== 'off',
    appsDir: join(CHECKOUT, 'apps'),
  };
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return settings;
}

/** Throws an error that names each taken port and what to do, before anything is started. */
export async function checkPorts(ports: StackSettings['ports']): Promise<void> {
  const taken: string[] = [];
  for (const [variable, port] of [
    ['V1_PORT', ports.v1],
    ['STUDIO_PORT', ports.studio],
  ] as const) {
    if (port !== 0 && !(await isPortFree(port))) {
      taken.push(
        `Port ${port} is taken. Stop the program that uses it, or choose another: ${variable}=0 corepack pnpm start`,
      );
    }
  }
  if (taken.length > 0) throw new Error(taken.join('\n'));
}
