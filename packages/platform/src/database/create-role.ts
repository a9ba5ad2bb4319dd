import pg from 'pg';

/**
 * Makes a role. Roles belong to the whole server: when another database of it makes the same one right now, that is as
 * good.
 * @throws Error that says what to do when the one who is signed in may not make roles
 */
export async function createRole(client: pg.Client, name: string, options: string): Promise<void> {
  try {
    await client.query(`
      DO $$ BEGIN CREATE ROLE ${pg.escapeIdentifier(name)} ${options};
      EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`);
  } catch (cause) {
    const message = `The role ${name} is missing and cannot be made: make it as an administrator, or give CREATEROLE to the role that migrates.`;
    throw new Error(message, { cause });
  }
}
