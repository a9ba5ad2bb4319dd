import { cpuOfPostgres, cpuOfProcess } from './cpu-time.mjs';

/**
 * Sends one slice of load and measures it. With several services the connections are shared out among them, each with a
 * load generator of its own.
 *
 * @param contestant `{ name, services, load }`; load: what the load generator's slice says beyond url, token and prefix
 * @returns the sum over the services, CPU microseconds per operation of services, database and client, and the worst of
 *   their times
 * @throws Error when an answer was not what the load expects
 */
export async function measureSlice(world, { name, services, load, prefix }) {
  const before = cpuNow(world, services);
  const parts = await Promise.all(
    services.map((service, index) =>
      sendSlice(world.loads[index], service, {
        ...load,
        prefix: `${prefix}-${index}`,
        connections: load.connections / services.length,
        perSecond: load.perSecond && load.perSecond / services.length,
      }),
    ),
  );
  const after = cpuNow(world, services);
  const sum = (field) => parts.reduce((total, part) => total + part[field], 0);
  const operations = sum('operations');
  const perOperation = (from, to) => (from === undefined ? undefined : (to - from) / operations);
  if (operations === 0) throw new Error(`${name}: nothing was answered`);
  return {
    operations,
    perSecond: sum('perSecond'),
    p50Ms: Math.max(...parts.map((part) => part.p50Ms)),
    p99Ms: Math.max(...parts.map((part) => part.p99Ms)),
    serviceMicros: perOperation(before.services, after.services),
    databaseMicros: perOperation(before.database, after.database),
    clientMicros: sum('clientCpuMicros') / operations,
  };
}

/** One slice against one service; what was acknowledged is written down for the comparison of the books. */
export async function sendSlice(load, { url, token, stand }, slice) {
  const result = await load.run({ token, ...slice, url });
  const { sent, answered, broken, firstBroken } = result;
  if (sent !== answered) {
    throw new Error(
      `${slice.prefix}: ${sent - answered} of ${sent} requests broke, ${JSON.stringify(broken)}; first: ${firstBroken}`,
    );
  }
  if (stand) {
    stand.acknowledged.reserves += result.reserves;
    stand.acknowledged.events += result.events;
  }
  return result;
}

function cpuNow(world, services) {
  const times = services.map(({ pid }) => cpuOfProcess(pid));
  return {
    services: times.includes(undefined) ? undefined : times.reduce((sum, time) => sum + time, 0),
    database: cpuOfPostgres(world.postgres.pid),
  };
}
