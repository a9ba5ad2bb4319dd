import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface StackUser {
  app: 'v1' | 'studio';
  email: string;
  password: string;
  role: string;
  name: string;
}

/** What must stay the same from start to start. */
export interface StackSecrets {
  sessionSecrets: { v1: string; studio: string };
  /** Of the roles the apps sign in as at the embedded server. */
  databasePasswords: { v1: string; studio: string };
  users: StackUser[];
  /** Of which databases the users and tokens below were made; others need new ones. */
  madeFor?: string;
  serviceToken?: string;
  apiKey?: string;
}

const USERS: Omit<StackUser, 'password'>[] = [
  { app: 'v1', email: 'admin@tandem.test', role: 'admin', name: 'Ada Admin' },
  { app: 'v1', email: 'staff@tandem.test', role: 'staff', name: 'Stan Staff' },
  { app: 'v1', email: 'publisher@tandem.test', role: 'publisher', name: 'Petra Publisher' },
  { app: 'v1', email: 'readonly@tandem.test', role: 'readonly', name: 'Rita Reader' },
  { app: 'studio', email: 'operator@tandem.test', role: 'operator', name: 'Olga Operator' },
  { app: 'studio', email: 'studio-admin@tandem.test', role: 'admin', name: 'Sam Studio' },
  { app: 'studio', email: 'viewer@tandem.test', role: 'viewer', name: 'Vera Viewer' },
];

/** Fresh random secrets, for a data folder's first start and for each scenario test. */
export function newSecrets(): StackSecrets {
  const random = (bytes: number) => randomBytes(bytes).toString('base64url');
  return {
    sessionSecrets: { v1: random(32), studio: random(32) },
    databasePasswords: { v1: random(32), studio: random(32) },
    // Hexadecimal: a password that begins with a dash would look like an option to the command line.
    users: USERS.map((user) => ({ ...user, password: randomBytes(8).toString('hex') })),
  };
}

/** The secrets of a data folder, made on its first start. */
export function loadSecrets(dataDir: string): StackSecrets {
  const file = secretsFile(dataDir);
  // What is new since the folder was made gets a value; what it knows already stays.
  if (existsSync(file)) return { ...newSecrets(), ...(JSON.parse(readFileSync(file, 'utf8')) as StackSecrets) };
  const secrets = newSecrets();
  saveSecrets(dataDir, secrets);
  return secrets;
}

export function saveSecrets(dataDir: string, secrets: StackSecrets): void {
  writePrivateJson(secretsFile(dataDir), secrets);
}

/** Written beside and renamed: a killed start leaves the old file or the new one, never half of one. */
export function writePrivateJson(file: string, content: unknown): void {
  writeFileSync(`${file}.new`, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

function secretsFile(dataDir: string): string {
  return join(dataDir, 'secrets.json');
}
