import { rmSync } from 'node:fs';
import { dropTestDatabases } from '../packages/devkit/dist/test-database.js';

export default async function teardown() {
  const cluster = globalThis.tandemTestCluster;
  if (!cluster) return dropTestDatabases();
  await cluster.postgres.stop();
  rmSync(cluster.folder, { recursive: true, force: true });
}
