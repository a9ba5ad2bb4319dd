// The client side, a process of its own so that its work is not counted as the service's. It writes and reads raw
// HTTP/1.1: on a machine where client, service and database share the cores, each microsecond here is taken from them.
import { createConnection } from 'node:net';

/** Latencies are counted in classes this wide; the last class takes everything slower. */
const CLASS_MS = 0.1;
const CLASSES = 100_000;
const ANSWER_TIMEOUT_MS = 30_000;

process.on('message', (slice) => {
  run(slice).then(
    (result) => process.send({ result }),
    (error) => process.send({ error: String(error?.stack ?? error) }),
  );
});
// The starter is gone: nobody wants the answer.
process.on('disconnect', () => process.exit());

/**
 * Keeps `connections` requests in flight for `seconds`, or sends `perSecond` of them at even times, each with a key and
 * reference of its own; then waits for the last answers, so that what was acknowledged is known exactly.
 */
async function run(slice) {
  const target = new URL(slice.url);
  const state = {
    slice,
    target,
    head:
      `POST ${target.pathname} HTTP/1.1\r\nHost: ${target.host}\r\nContent-Type: application/json\r\n` +
      `X-Service-Token: ${slice.token}\r\nConnection: keep-alive\r\nContent-Length: `,
    sent: 0,
    acknowledged: 0,
    inWindow: 0,
    broken: {},
    firstBroken: undefined,
    latencies: new Uint32Array(CLASSES + 1),
    endsAt: 0,
  };
  const sockets = await Promise.all(Array.from({ length: slice.connections }, () => connect(target)));
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  state.endsAt = startedAt + slice.seconds * 1000;
  await Promise.all(sockets.map((socket) => drive(socket, state)));
  const cpu = process.cpuUsage(cpuBefore);
  const { sent, acknowledged, inWindow, broken, firstBroken } = state;
  return {
    ...{ sent, acknowledged, inWindow, broken, firstBroken },
    perSecond: inWindow / slice.seconds,
    p50Ms: percentile(state.latencies, 0.5),
    p99Ms: percentile(state.latencies, 0.99),
    clientCpuMicros: cpu.user + cpu.system,
  };
}

function connect({ hostname, port }) {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: hostname, port: Number(port), noDelay: true }, () => resolve(socket));
    socket.once('error', reject);
  });
}

/** Sends one request after the other on a connection until the time is over. Resolves when the connection is closed. */
function drive(socket, state) {
  const { perSecond, connections } = state.slice;
  const intervalMs = perSecond && (1000 * connections) / perSecond;
  return new Promise((resolve) => {
    let pending = '';
    let sentAt = 0;
    let isWaiting = false;
    let dueAt = performance.now() + (intervalMs ?? 0) * Math.random();
    const send = (at) => {
      sentAt = at;
      if (sentAt >= state.endsAt) return void socket.end();
      isWaiting = true;
      socket.write(requestOf(state), 'latin1');
    };
    const next = () => {
      const now = performance.now();
      if (intervalMs === undefined) return send(now);
      // A request that had to wait for the answer before it has been late since it was due.
      if (dueAt <= now) send(dueAt);
      else setTimeout(() => send(performance.now()), dueAt - now);
      dueAt += intervalMs;
    };
    socket.removeAllListeners('error');
    socket.on('error', (error) => countBroken(state, error.code ?? 'connection', error.message));
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => socket.destroy(new Error('no answer in time')));
    socket.on('close', () => {
      if (isWaiting) countBroken(state, 'closed', 'the connection closed before the answer');
      resolve();
    });
    socket.on('data', (chunk) => {
      pending += chunk.latin1Slice();
      const answer = readAnswer(pending);
      if (answer === undefined) return;
      pending = '';
      isWaiting = false;
      record(state, answer, sentAt);
      next();
    });
    next();
  });
}

function requestOf(state) {
  const { slice } = state;
  const number = (state.sent += 1);
  const wallet = slice.firstWallet + Math.floor(Math.random() * slice.wallets);
  const name = `${slice.prefix}-${number}`;
  const body =
    `{"external_key":"v1:partner:${wallet}","amount":1,"ref_type":"benchmark","ref_id":"${name}",` +
    `"idempotency_key":"reserve:${name}"}`;
  return `${state.head}${body.length}\r\n\r\n${body}`;
}

/** Status and text of a whole answer; undefined while some of it is still to come. */
function readAnswer(text) {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd === -1) return undefined;
  const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, headEnd))?.[1];
  if (length === undefined) return { status: 'no content-length', body: text };
  if (text.length < headEnd + 4 + Number(length)) return undefined;
  return { status: text.slice(9, 12), body: text.slice(headEnd + 4) };
}

function record(state, { status, body }, sentAt) {
  if (!status.startsWith('2')) return countBroken(state, status, body);
  const now = performance.now();
  state.acknowledged += 1;
  if (now > state.endsAt) return;
  state.inWindow += 1;
  state.latencies[Math.min(Math.floor((now - sentAt) / CLASS_MS), CLASSES)] += 1;
}

function countBroken(state, kind, text) {
  state.broken[kind] = (state.broken[kind] ?? 0) + 1;
  state.firstBroken ??= text.slice(0, 500);
}

function percentile(latencies, share) {
  const wanted = share * latencies.reduce((sum, count) => sum + count, 0);
  let seen = 0;
  const found = latencies.findIndex((count) => (seen += count) >= wanted);
  return (found + 1) * CLASS_MS;
}
