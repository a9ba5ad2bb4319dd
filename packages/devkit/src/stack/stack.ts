import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ServiceProcess } from '../service-process.ts';
import { buildDemoWorld } from '../demo-world.ts';
import { startDatabases, type StackDatabases } from './databases.ts';
import { lockFolder } from './folder-lock.ts';
import { loadSecrets, saveSecrets, writePrivateJson, type StackSecrets, type StackUser } from './secrets.ts';
import {
  createFirstAccounts,
  migrateDatabases,
  startServices,
  type AppName,
  type ServicesOptions,
} from './services.ts';
import { checkPorts, type StackSettings } from './settings.ts';

/** What `<data folder>/stack.json` holds: all that a script needs to talk to the running stack. */
export interface StackDescription {
  v1: { url: string };
  studio: { url: string };
  service_token: string;
  api_key: string;
  users: Pick<StackUser, 'email' | 'password' | 'role' | 'app'>[];
  accounts: { external_key: string; billing_mode: string }[];
  databases: Record<AppName, string>;
}

interface Step {
  title: string;
  run: () => Promise<string | void>;
}

/** The dev stack of one data folder, as steps to be run in order. `stop` undoes whatever has been done so far. */
export class Stack {
  private unlock: (() => void) | undefined;
  private databases: StackDatabases | undefined;
  private services: Record<AppName, ServiceProcess> | undefined;
  private secrets!: StackSecrets;
  private accounts: StackDescription['accounts'] = [];
  private stopping: Promise<void> | undefined;
  private currentStep: Promise<unknown> = Promise.resolve();

  /** @param report called with one line for each thing worth telling while it runs */
  constructor(
    private readonly settings: StackSettings,
    private readonly environment: NodeJS.ProcessEnv,
    private readonly report: (line: string) => void,
  ) {}

  steps(): Step[] {
    const steps: Step[] = [
      { title: 'Data folder', run: () => this.openFolder() },
      { title: 'Databases', run: () => this.startDatabases() },
      { title: 'Migrations', run: () => migrateDatabases(this.servicesOptions()) },
      { title: 'Users and tokens', run: () => this.createFirstAccounts() },
      { title: 'V1 and Studio', run: () => this.startServices() },
      { title: 'Demo world', run: () => this.buildDemoWorld() },
    ];
    return steps.map(({ title, run }) => ({ title, run: () => this.runUnlessStopping(run) }));
  }

  get isStopping(): boolean {
    return this.stopping !== undefined;
  }

  describe(): StackDescription {
    if (!this.services) throw new Error('The stack is not running.');
    return {
      v1: { url: this.services.v1.url },
      studio: { url: this.services.studio.url },
      service_token: this.secrets.serviceToken ?? '',
      api_key: this.secrets.apiKey ?? '',
      users: this.secrets.users.map(({ email, password, role, app }) => ({ email, password, role, app })),
      accounts: this.accounts,
      databases: this.runningDatabases().urls,
    };
  }

  /** Stops the services, then the database. Safe to call at any time and more than once. */
  stop(): Promise<void> {
    this.stopping ??= this.stopAll();
    return this.stopping;
  }

  private async runUnlessStopping(run: Step['run']): Promise<string | void> {
    if (this.isStopping) throw new Error('Stopped before everything was started.');
    const running = run();
    this.currentStep = running;
    return running;
  }

  private async stopAll(): Promise<void> {
    // A step that is half done has things running that are not ours to stop until it ends; its error is shown by its runner.
    await this.currentStep.catch(() => undefined);
    await Promise.all([this.services?.v1.stop(), this.services?.studio.stop()]);
    await this.databases?.stop();
    this.unlock?.();
  }

  private async openFolder(): Promise<string> {
    const { dataDir, ports } = this.settings;
    mkdirSync(join(dataDir, 'logs'), { recursive: true });
    this.unlock = lockFolder(dataDir);
    await checkPorts(ports);
    this.secrets = loadSecrets(dataDir);
    return dataDir;
  }

  private async startDatabases(): Promise<string> {
    this.databases = await startDatabases(this.settings, this.report);
    return this.databases.summary;
  }

  private async createFirstAccounts(): Promise<void> {
    this.secrets = await createFirstAccounts(this.servicesOptions());
    saveSecrets(this.settings.dataDir, this.secrets);
  }

  private async startServices(): Promise<string> {
    this.services = await startServices(this.servicesOptions());
    writePrivateJson(this.descriptionFile(), this.describe());
    return `${this.services.v1.url} and ${this.services.studio.url}`;
  }

  private async buildDemoWorld(): Promise<string | void> {
    if (!this.settings.demoWorld) return 'skipped (DEMO_WORLD=off)';
    this.accounts = await buildDemoWorld(this.describe());
    writePrivateJson(this.descriptionFile(), this.describe());
  }

  private descriptionFile(): string {
    return join(this.settings.dataDir, 'stack.json');
  }

  private runningDatabases(): StackDatabases {
    if (!this.databases) throw new Error('The databases are not running.');
    return this.databases;
  }

  /** The apps work as roles with few rights, as in production; their migrations, as the owner, make those roles. */
  private loginOf(app: AppName, owner: string): string {
    const url = new URL(owner);
    url.username = `tandem_${app}`;
    url.password = this.secrets.databasePasswords[app];
    return url.href;
  }

  private servicesOptions(): ServicesOptions {
    const { urls, embedded } = this.runningDatabases();
    const { ports, appsDir, dataDir } = this.settings;
    // What the caller's shell sets reaches the services too (feature switches, processor keys), except what is ours.
    const { V1_PORT, STUDIO_PORT, DATABASE_URL, STUDIO_DATABASE_URL, NODE_OPTIONS, ...rest } = this.environment;
    const inherited = Object.fromEntries(Object.entries(rest).filter((entry) => entry[1] !== undefined));
    return {
      databases: {
        v1: embedded.v1 ? this.loginOf('v1', urls.v1) : urls.v1,
        studio: embedded.studio ? this.loginOf('studio', urls.studio) : urls.studio,
      },
      migrationDatabases: {
        ...(embedded.v1 && { v1: urls.v1 }),
        ...(embedded.studio && { studio: urls.studio }),
      },
      secrets: this.secrets,
      logDir: join(dataDir, 'logs'),
      ports,
      env: { v1: inherited as Record<string, string>, studio: inherited as Record<string, string> },
      appsDir,
      restartAfterCrash: this.report,
    };
  }
}
