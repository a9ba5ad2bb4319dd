/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'apps-never-import-each-other',
      comment: 'The apps speak contracts over HTTP. What both need lives in packages/.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'contracts-import-nothing-of-ours',
      comment: 'Contracts is the leaf both sides depend on.',
      severity: 'error',
      from: { path: '^packages/contracts/' },
      to: { path: '^(apps|packages)/', pathNot: '^packages/contracts/' },
    },
    {
      name: 'platform-imports-only-contracts',
      comment: 'Platform is plumbing without business words. Its tests may use the devkit.',
      severity: 'error',
      from: { path: '^packages/platform/src/', pathNot: '[.]spec[.]ts$' },
      to: { path: '^(apps|packages)/', pathNot: '^packages/(contracts|platform)/' },
    },
    {
      name: 'sources-never-import-the-devkit',
      comment: 'The devkit is for development and tests; it is not there in production.',
      severity: 'error',
      from: { path: '^(apps|packages/(contracts|platform))/[^/]*/?src/', pathNot: '[.]spec[.]ts$' },
      to: { path: '^packages/devkit/' },
    },
    {
      name: 'packages-never-import-apps',
      comment: 'Arrows go from apps to packages.',
      severity: 'error',
      from: { path: '^packages/' },
      to: { path: '^apps/' },
    },
    {
      name: 'stores-and-entities-are-private',
      comment: "Use the other module's commands and queries: nobody else touches its tables.",
      severity: 'error',
      from: { path: '^apps/([^/]+)/src/modules/([^/]+)/', pathNot: '[.]spec[.]ts$' },
      to: {
        path: '^apps/[^/]+/src/modules/.+[.](store|entity)[.]ts$',
        pathNot: '^apps/$1/src/modules/$2/',
      },
    },
    {
      name: 'no-cycles',
      comment: 'Two files that need each other at run time load in an order nobody chose.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-unresolvable',
      comment: 'The import leads nowhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: ['node_modules', '/dist/'] },
    exclude: { path: ['/dist/', '^apps/console/'] },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.cjs', '.json'],
    },
  },
};
