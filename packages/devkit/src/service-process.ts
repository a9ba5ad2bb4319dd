import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './free-port.ts';

export interface ServiceOptions {
  /** Names the service in messages; `<NAME>_PORT` is the variable that carries its port. */
  name: string;
  /** The file node runs, absolute. */
  entry: string;
  /** The whole environment of the service, apart from PATH and HOME. A port of 0 (or none) becomes a free one. */
  env: Record<string, string>;
  logFile: string;
  /**
   * Starts it again, with growing pauses, when it ends without being asked to after it was ready once (an end before
   * that is a wrong setting, which `ready()` reports). Called with one line for each end.
   */
  restartAfterCrash?: (line: string) => void;
}

export interface ServiceProcess {
  readonly name: string;
  /** Of the process running now; changes with each restart. */
  readonly pid: number;
  readonly url: string;
  /** Resolves when /readyz answers 200; throws with the last log lines when the service ends or the time is over. */
  ready(timeoutMs?: number): Promise<void>;
  /** SIGTERM, then SIGKILL after 20 s. */
  stop(): Promise<void>;
  /** Resolves when the process is gone. With restartAfterCrash it then comes back by itself. */
  kill9(): Promise<void>;
  /** Stops it if it runs and starts it on the same port; resolves when it is ready. */
  restart(): Promise<void>;
}

const STOP_TIMEOUT_MS = 20_000;
const READY_TIMEOUT_MS = 60_000;
const BACKOFF_FIRST_MS = 250;
const BACKOFF_MAX_MS = 5_000;
/** A process that lived this long was healthy: its end is a new story, and the pauses begin small again. */
const HEALTHY_AFTER_MS = 10_000;

/** Runs a service as a process of its own. Resolves as soon as it is spawned: await `ready()` before calling it. */
export async function startService(options: ServiceOptions): Promise<ServiceProcess> {
  const variable = `${options.name.toUpperCase().replaceAll('-', '_')}_PORT`;
  const wanted = Number(options.env[variable] ?? 0);
  const port = wanted === 0 ? await freePort() : wanted;
  mkdirSync(dirname(options.logFile), { recursive: true });
  const service = new SpawnedService(port, { ...options, env: { ...options.env, [variable]: String(port) } });
  service.spawn();
  return service;
}

class SpawnedService implements ServiceProcess {
  readonly name: string;
  readonly url: string;
  private child!: ChildProcess;
  private startedAt = 0;
  private crashesInARow = 0;
  /** Whether an end of the process is what we asked for. */
  private isStopping = false;
  private hasBeenReady = false;
  private respawn: NodeJS.Timeout | undefined;

  constructor(
    port: number,
    private readonly options: ServiceOptions,
  ) {
    this.name = options.name;
    this.url = `http://127.0.0.1:${port}`;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  spawn(): void {
    const log = openSync(this.options.logFile, 'a', 0o600);
    const preload = new URL(
      import.meta.url.endsWith('.ts') ? '../dist/exit-with-parent.js' : './exit-with-parent.js',
      import.meta.url,
    );
    const child = spawn(process.execPath, ['--enable-source-maps', '--import', preload.href, this.options.entry], {
      // Own process group: Ctrl-C in a terminal goes to the starter, which stops its services in order.
      ...{ stdio: ['ignore', log, log, 'ipc'], detached: true },
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...this.options.env },
    });
    closeSync(log);
    this.child = child;
    this.startedAt = Date.now();
    this.isStopping = false;
    child.on('error', (error) => this.report(`${this.name} could not be started: ${error.message}`));
    child.once('exit', (code, signal) => this.onExit(child, signal ?? `exit code ${code}`));
  }

  async ready(timeoutMs = READY_TIMEOUT_MS): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (!(await this.isReady())) {
      if (this.hasEnded() && !this.isSupervised()) throw new Error(this.describe('ended before it was ready'));
      if (Date.now() > deadline) throw new Error(this.describe(`was not ready within ${timeoutMs / 1000} s`));
      await delay(50);
    }
    this.hasBeenReady = true;
  }

  async stop(): Promise<void> {
    clearTimeout(this.respawn);
    this.isStopping = true;
    if (this.hasEnded()) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    const kill = setTimeout(() => this.child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(kill);
  }

  async kill9(): Promise<void> {
    if (this.hasEnded()) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }

  async restart(): Promise<void> {
    await this.stop();
    this.spawn();
    await this.ready();
  }

  private onExit(child: ChildProcess, cause: string): void {
    if (this.isStopping || child !== this.child || !this.isSupervised()) return;
    this.crashesInARow = Date.now() - this.startedAt > HEALTHY_AFTER_MS ? 1 : this.crashesInARow + 1;
    const pause = Math.min(BACKOFF_FIRST_MS * 2 ** (this.crashesInARow - 1), BACKOFF_MAX_MS);
    this.report(
      `${this.name} ended unexpectedly (${cause}); starting it again in ${pause} ms, log: ${this.options.logFile}`,
    );
    this.respawn = setTimeout(() => this.spawn(), pause);
  }

  private isSupervised(): boolean {
    return this.hasBeenReady && this.options.restartAfterCrash !== undefined;
  }

  private report(line: string): void {
    this.options.restartAfterCrash?.(line);
  }

  private hasEnded(): boolean {
    return this.child.pid === undefined || this.child.exitCode !== null || this.child.signalCode !== null;
  }

  private async isReady(): Promise<boolean> {
    try {
      const answer = await fetch(`${this.url}/readyz`, { signal: AbortSignal.timeout(2_000) });
      await answer.arrayBuffer();
      return answer.status === 200 && !this.hasEnded();
    } catch {
      // Not listening yet, or too slow to answer: ready() asks again until its deadline.
      return false;
    }
  }

  private describe(what: string): string {
    const lines = readFileSync(this.options.logFile, 'utf8').trim().split('\n').slice(-12).join('\n');
    return `${this.name} ${what}. Last lines of ${this.options.logFile}:\n${lines}`;
  }
}
