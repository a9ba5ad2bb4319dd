// The client side, a process of its own so that its work is not counted as the service's. It writes and reads raw
// HTTP/1.1: on a machine where client, service and database share the cores, each microsecond here is taken from them.
import { createConnection } from 'node:net';
import { requestsOf } from './requests.mjs';

/** Latencies are counted in classes this wide; the last class takes everything slower. */
const CLASS_MS = 0.02;
const CLASSES = 500_000;
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
 * reference of its own; then waits for the last answers, so that what was acknowledged is known exactly. One request may
 * carry many operations: rates count operations, times are of requests.
 */
async function run(slice) {
  const target = new URL(slice.url);
  const state = {
    slice,
    requests: requestsOf(slice),
    headers:
      ` HTTP/1.1\r\nHost: ${target.host}\r\nX-Service-Token: ${slice.token}\r\nConnection: keep-alive\r\n` +
      'Content-Type: application/json\r\nContent-Length: ',
    sent: 0,
    answered: 0,
    operations: 0,
    inWindow: 0,
    reserves: 0,
    events: 0,
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
  const { sent, answered, operations, inWindow, reserves, events, broken, firstBroken } = state;
  return {
    ...{ sent, answered, operations, inWindow, reserves, events, broken, firstBroken },
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
    let request;
    let dueAt = performance.now() + (intervalMs ?? 0) * Math.random();
    const send = (at) => {
      sentAt = at;
      if (sentAt >= state.endsAt) return void socket.end();
      request = state.requests.next();
      state.sent += 1;
      const { method, path, body } = request;
      socket.write(`${method} ${path}${state.headers}${body.length}\r\n\r\n${body}`, 'latin1');
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
      if (request) countBroken(state, 'closed', 'the connection closed before the answer');
      resolve();
    });
    socket.on('data', (chunk) => {
      pending += chunk.latin1Slice();
      const answer = readAnswer(pending);
      if (answer === undefined) return;
      pending = '';
      record(state, request, answer, sentAt);
      request = undefined;
      next();
    });
    next();
  });
}

/** Status, head and text of a whole answer; undefined while some of it is still to come. */
function readAnswer(received) {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd === -1) return undefined;
  const head = received.slice(0, headEnd);
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length === undefined) return { status: 'no content-length', head, text: received };
  if (received.length < headEnd + 4 + Number(length)) return undefined;
  return { status: received.slice(9, 12), head, text: received.slice(headEnd + 4) };
}

function record(state, request, answer, sentAt) {
  const outcome = state.requests.read(request, answer);
  if (!outcome) return countBroken(state, answer.status, answer.text);
  const now = performance.now();
  state.answered += 1;
  state.operations += outcome.operations;
  state.reserves += outcome.reserves;
  state.events += outcome.events;
  if (now > state.endsAt) return;
  state.inWindow += outcome.operations;
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
