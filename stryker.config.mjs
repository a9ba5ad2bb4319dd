// Mutation testing of the money and ledger code that needs no database: `corepack pnpm mutate`, see CONTRIBUTING.md.
const ledger = 'apps/studio/src/modules/ledger';

// Everything lies under .data, which no other tool looks into.
const folder = '.data/mutation';

export default {
  mutate: [
    'packages/contracts/src/{credits,external-key}.ts',
    'packages/platform/src/database/pg-array.ts',
    'apps/studio/src/modules/alerts/balance-crossings.ts',
    `${ledger}/{credit-command,credit-batch,credits.convert,credit-answers,refusal-of}.ts`,
    `${ledger}/{fair-queue,write-lane,managed-commands}.ts`,
  ],
  testRunner: 'jest',
  testRunnerNodeArgs: ['--experimental-vm-modules', '--no-warnings=ExperimentalWarning'],
  plugins: ['@stryker-mutator/jest-runner'],
  jest: {
    config: {
      // The set-up starts a PostgreSQL, which the specs beside the files do without.
      globalSetup: null,
      globalTeardown: null,
      // Each file is judged by the specs beside it.
      roots: ['<rootDir>/packages', '<rootDir>/apps/studio'],
      testMatch: [
        'packages/contracts/src',
        'packages/platform/src/database',
        'apps/studio/src/modules/alerts',
        ledger,
      ].map((directory) => `<rootDir>/${directory}/!(*.db).spec.ts`),
      // A mutant that leaves a promise open is found out sooner than by Stryker's own time limit.
      testTimeout: 2000,
    },
  },
  coverageAnalysis: 'perTest',
  // swc compiles without a look at the types.
  disableTypeChecks: false,
  concurrency: 1,
  timeoutMS: 5000,
  // jest keeps the modules of every run; a new process lets go of them.
  maxTestRunnerReuse: 100,
  ignorePatterns: ['.data', 'dist', '/apps/{console,v1}', '/bench', '/docs', '/infra', '/scenarios'],
  tempDirName: `${folder}/sandbox`,
  reporters: ['clear-text', 'html', 'json'],
  htmlReporter: { fileName: `${folder}/report.html` },
  jsonReporter: { fileName: `${folder}/report.json` },
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  thresholds: { high: 95, low: 90, break: 85 },
};
