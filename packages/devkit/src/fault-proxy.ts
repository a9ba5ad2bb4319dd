import { once } from 'node:events';
import { createServer, connect, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * - `ok`: everything passes.
 * - `refuse`: nobody listens; open connections are reset.
 * - `black-hole`: connections open, nothing is passed on or answered.
 * - `drop-request`: the connection is reset when a request arrives; the target never sees it.
 * - `drop-response`: the target gets the request and acts; its answer is thrown away and the connection reset.
 * - `cut`: half of the answer's first piece arrives, then the connection is reset.
 * - `slowMs`: each piece of the answer comes that much later.
 */
export type FaultMode =
  'ok' | 'refuse' | 'black-hole' | 'drop-request' | 'drop-response' | 'cut' | { readonly slowMs: number };

export interface FaultProxy {
  readonly port: number;
  /** HTTP requests that reached the proxy, whatever became of them. */
  readonly requestsSeen: number;
  /** Takes effect for open connections as well, from their next bytes on. */
  setMode(mode: FaultMode): Promise<void>;
  close(): Promise<void>;
}

/** A TCP proxy on the local address that fails in a chosen way, to test what callers make of it. */
export async function startFaultProxy(target: { targetHost: string; targetPort: number }): Promise<FaultProxy> {
  const proxy = new TcpFaultProxy(target.targetHost, target.targetPort);
  await proxy.listen();
  return proxy;
}

const REQUEST_LINE = /^[A-Z]+ \S+ HTTP\/1\.[01]\r\n/;

class TcpFaultProxy implements FaultProxy {
  port = 0;
  requestsSeen = 0;
  private mode: FaultMode = 'ok';
  private server: Server | undefined;
  private readonly sockets = new Set<Socket>();

  constructor(
    private readonly targetHost: string,
    private readonly targetPort: number,
  ) {}

  async listen(): Promise<void> {
    const server = createServer((client) => this.serve(client));
    server.listen(this.port, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (typeof address === 'object' && address) this.port = address.port;
    this.server = server;
  }

  async setMode(mode: FaultMode): Promise<void> {
    this.mode = mode;
    if (mode === 'refuse') await this.close();
    else if (!this.server) await this.listen();
  }

  async close(): Promise<void> {
    const server = this.server;
    this.server = undefined;
    for (const socket of this.sockets) socket.resetAndDestroy();
    if (server) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  private serve(client: Socket): void {
    const upstream = connect(this.targetPort, this.targetHost);
    for (const [socket, peer] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.sockets.add(socket);
      // Resets are this proxy's business: 'close' follows each of them and ends the other side.
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.sockets.delete(socket);
        peer.destroySoon();
      });
    }
    client.on('data', (piece) => this.passRequest(piece, client, upstream));
    client.on('end', () => upstream.end());
    this.passAnswers(client, upstream);
  }

  private passRequest(piece: Buffer, client: Socket, upstream: Socket): void {
    if (REQUEST_LINE.test(piece.toString('latin1', 0, 8_192))) this.requestsSeen += 1;
    if (this.mode === 'black-hole') return;
    if (this.mode === 'drop-request') {
      client.resetAndDestroy();
      return;
    }
    upstream.write(piece);
  }

  private passAnswers(client: Socket, upstream: Socket): void {
    // One chain per connection, so that delayed pieces keep their order and the end comes after the last of them.
    let last = Promise.resolve();
    let pending = 0;
    const enqueue = (step: () => void) => {
      const slowMs = typeof this.mode === 'object' ? this.mode.slowMs : 0;
      if (slowMs === 0 && !pending) return step();
      pending += 1;
      last = last
        .then(() => delay(slowMs))
        .then(() => {
          pending -= 1;
          step();
        });
    };
    upstream.on('data', (piece) => enqueue(() => this.deliver(piece, client)));
    upstream.on('end', () => enqueue(() => client.end()));
  }

  private deliver(piece: Buffer, client: Socket): void {
    if (client.destroyed || this.mode === 'black-hole') return;
    if (this.mode === 'drop-response') {
      client.resetAndDestroy();
    } else if (this.mode === 'cut') {
      // destroySoon flushes the half first; a reset could overtake it in the receiver's buffer.
      client.write(piece.subarray(0, Math.floor(piece.length / 2)));
      client.destroySoon();
    } else {
      client.write(piece);
    }
  }
}
