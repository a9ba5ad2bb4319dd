import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { parsers } from 'prettier/plugins/yaml';
import { loadConfig as loadStudioConfig } from '../apps/studio/src/config/env.ts';
import { loadConfig as loadV1Config } from '../apps/v1/src/config/env.ts';

// No container engine is at hand where the tests run, so the files are read as text and compared with the apps.
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

interface ComposeService {
  image: string;
  build?: { context: string; dockerfile: string };
  command?: string[];
  environment: Record<string, string>;
  ports?: string[];
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: unknown;
}

const APPS = [
  { app: 'v1', port: 8080, portVariable: 'V1_PORT', loadConfig: loadV1Config },
  { app: 'studio', port: 3000, portVariable: 'STUDIO_PORT', loadConfig: loadStudioConfig },
] as const;

let services: Record<string, ComposeService>;
beforeAll(async () => {
  services = (await readYaml('infra/compose.yaml')).services as Record<string, ComposeService>;
});

describe.each(APPS)('the image of $app', ({ app, port, portVariable }) => {
  const dockerfile = read(`infra/docker/${app}.Dockerfile`);

  test('listens where the app does by default, and its probe asks /readyz there', () => {
    expect(dockerfile).toMatch(new RegExp(`^EXPOSE ${port}$`, 'm'));
    const probe = /^HEALTHCHECK [\s\S]*?^ {2}CMD (\[.*\])$/m.exec(dockerfile)?.[1] ?? '[]';
    const [command, flag, script] = JSON.parse(probe) as string[];
    expect([command, flag]).toEqual(['node', '-e']);
    expect(script).toContain(`'http://127.0.0.1:' + (process.env.${portVariable} ?? ${port}) + '/readyz'`);
    expect(read(`apps/${app}/src/config/env.ts`)).toContain(`read.port('${portVariable}', ${port})`);
    // Parses: a probe with a typing error would restart a healthy service for ever.
    expect(() => new Script(script ?? '')).not.toThrow();
  });

  test('runs the built app in production as a user without rights', () => {
    const final = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
    expect(final).toMatch(/^USER node$/m);
    expect(final).toMatch(/^ENV NODE_ENV=production /m);
    expect(final).toMatch(/^CMD \["node", "dist\/main.js"\]$/m);
    for (const entry of ['main.ts', 'cli.ts']) expect(existsSync(join(ROOT, 'apps', app, 'src', entry))).toBe(true);
  });

  test('installs from the manifests of the whole workspace, on the Node the project names', () => {
    for (const folder of ['apps', 'packages']) {
      for (const name of readdirSync(join(ROOT, folder))) {
        if (existsSync(join(ROOT, folder, name, 'package.json'))) {
          expect(dockerfile).toContain(`COPY ${folder}/${name}/package.json ${folder}/${name}/`);
        }
      }
    }
    const version = /^ARG NODE_VERSION=(.+)$/m.exec(dockerfile)?.[1] ?? 'none';
    expect(read('.node-version').trim().split('.')[0]).toBe(version);
  });

  test('sets no variable the app does not read', () => {
    const set = [...dockerfile.matchAll(/^ENV (.+)$/gm)].flatMap(([, pairs = '']) => pairs.split(' '));
    const names = set.map((pair) => pair.split('=')[0] ?? '').filter((name) => !BUILD_VARIABLES.has(name));
    expect(names.filter((name) => !variablesOf(app).has(name))).toEqual([]);
  });
});

describe.each(APPS)('compose: $app', ({ app, port, loadConfig }) => {
  test('the service and its migration give the app a complete configuration and no unknown variable', () => {
    for (const name of [app, `${app}-migrate`]) {
      const environment = filledIn(services[name]?.environment ?? {});
      expect(Object.keys(environment).filter((variable) => !variablesOf(app).has(variable))).toEqual([]);
      expect(loadConfig({ ...environment, NODE_ENV: 'production' })).toMatchObject({ port, isProduction: true });
    }
  });

  test('publishes the port the image exposes', () => {
    expect(services[app]?.ports).toEqual([`${port}:${port}`]);
  });

  test('starts only after its own migration, which waits for its own healthy database', () => {
    expect(services[app]?.depends_on).toEqual({
      [`${app}-migrate`]: { condition: 'service_completed_successfully' },
    });
    expect(services[`${app}-migrate`]?.depends_on).toEqual({ [`${app}-database`]: { condition: 'service_healthy' } });
    expect(services[`${app}-migrate`]?.command).toEqual(['node', 'dist/cli.js', 'migrate']);
    expect(services[`${app}-database`]?.healthcheck).toBeDefined();
  });

  test('is built from its Dockerfile', () => {
    const { context = '', dockerfile = '' } = services[`${app}-migrate`]?.build ?? {};
    expect(existsSync(join(ROOT, 'infra', context, dockerfile))).toBe(true);
    expect(services[app]?.image).toBe(services[`${app}-migrate`]?.image);
  });
});

test.each([
  ['v1', 'DATABASE_URL', 'MIGRATION_DATABASE_URL'],
  ['studio', 'STUDIO_DATABASE_URL', 'STUDIO_MIGRATION_DATABASE_URL'],
])('%s does not know the owner of its tables; its migration makes the role it signs in as', (app, own, owner) => {
  const [running, migration] = [services[app]?.environment, services[`${app}-migrate`]?.environment];
  expect(running).not.toHaveProperty(owner);
  expect(running?.[own]).toBe(migration?.[own]);
  const userOf = (url = '') => new URL(filledIn({ url })['url'] ?? '').username;
  expect(userOf(running?.[own])).not.toBe(userOf(migration?.[owner]));
});

test('every value compose asks for is explained in infra/README.md', () => {
  const asked = [...read('infra/compose.yaml').matchAll(/\$\{([A-Z0-9_]+)/g)].map(([, name]) => name ?? '');
  for (const name of new Set(asked)) expect(read('infra/README.md')).toContain(name);
});

/** Used while the image is built, not by the app. */
const BUILD_VARIABLES = new Set(['COREPACK_ENABLE_DOWNLOAD_PROMPT', 'TURBO_TELEMETRY_DISABLED']);

/** Names of variables an app's configuration reads; NODE_ENV is read for it by the platform. */
function variablesOf(app: string): Set<string> {
  const names = [...read(`apps/${app}/src/config/env.ts`).matchAll(/'([A-Z][A-Z0-9_]+)'/g)];
  return new Set(['NODE_ENV', ...names.map(([, name]) => name ?? '')]);
}

/** The environment as compose would give it, with a strong value wherever it asks for one. */
function filledIn(environment: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [name, value.replace(/\$\{[^}]+\}/g, 'x'.repeat(32))]),
  );
}

interface YamlNode {
  type: string;
  value?: string;
  anchor?: { value: string } | null;
  children?: (YamlNode | null)[];
}

/** Reads a file with the YAML parser of prettier, which is here anyway, as plain values. */
async function readYaml(path: string): Promise<Record<string, unknown>> {
  const root = (await parsers.yaml.parse(read(path), {} as never)) as YamlNode;
  const anchors = new Map<string, unknown>();
  const body = root.children?.[0]?.children?.find((child) => child?.type === 'documentBody');
  return toValue(body?.children?.[0], anchors) as Record<string, unknown>;
}

function toValue(node: YamlNode | null | undefined, anchors: Map<string, unknown>): unknown {
  if (!node) return null;
  const children = (node.children ?? []).filter((child) => child !== null);
  if (node.type === 'alias') return anchors.get(node.value ?? '');
  const value = /mapping$/i.test(node.type)
    ? Object.fromEntries(
        children.map((item) => [
          String(toValue(item.children?.[0]?.children?.[0], anchors)),
          toValue(item.children?.[1]?.children?.[0], anchors),
        ]),
      )
    : /sequence$/i.test(node.type)
      ? children.map((item) => toValue(item.children?.[0], anchors))
      : node.value;
  if (node.anchor) anchors.set(node.anchor.value, value);
  return value;
}
