import { readFileSync } from 'node:fs';

const swc = JSON.parse(readFileSync(new URL('./swc.jest.json', import.meta.url), 'utf8'));
const swcCommonJs = {
  ...swc,
  jsc: { ...swc.jsc, parser: { syntax: 'ecmascript' }, transform: {} },
  module: { type: 'commonjs' },
};

// ESM-only packages that CommonJS packages require: jest on Node 20 cannot load those, so they are compiled.
const required = ['content-disposition'].join('|');

export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/apps', '<rootDir>/packages', '<rootDir>/scenarios', '<rootDir>/tools'],
  testMatch: ['**/*.spec.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    '^@tandem/contracts$': '<rootDir>/packages/contracts/src/index.ts',
    '^@tandem/(platform|devkit|v1|studio)/(.*)$': ['<rootDir>/packages/$1/src/$2.ts', '<rootDir>/apps/$1/src/$2.ts'],
  },
  transform: {
    '^.+\\.ts$': ['@swc/jest', swc],
    [`/node_modules/(\\.pnpm/[^/]+/node_modules/)?(${required})/.+\\.js$`]: ['@swc/jest', swcCommonJs],
  },
  transformIgnorePatterns: [`/node_modules/(?!\\.pnpm/|(${required})/)`, `/node_modules/\\.pnpm/(?!(${required})@)`],
  modulePathIgnorePatterns: ['/dist/'],
  globalSetup: '<rootDir>/tools/jest.setup.mjs',
  globalTeardown: '<rootDir>/tools/jest.teardown.mjs',
  workerIdleMemoryLimit: '400MB',
  testTimeout: 30_000,
};
