/** One thing that must work before this instance takes traffic. */
export interface ReadinessCheck {
  readonly name: string;
  /** Shown as `reason` when the check fails, for example `rate card not loaded`. */
  readonly reason: string;
  /** Rejects or throws when the thing does not work. */
  run(): Promise<void> | void;
}

/** Whether this instance takes traffic. Modules add their checks in `onModuleInit`. */
export class Readiness {
  private readonly checks: ReadinessCheck[] = [];
  private readonly facts: (() => Record<string, unknown>)[] = [];
  private stopping = false;

  add(check: ReadinessCheck): void {
    this.checks.push(check);
  }

  /** Adds members to the readiness body, for example `rateCardVersion`. Nothing secret: the route is public. */
  addFacts(facts: () => Record<string, unknown>): void {
    this.facts.push(facts);
  }

  /** From now on not ready, so that balancers send nothing new while the open requests finish. */
  stopTakingTraffic(): void {
    this.stopping = true;
  }

  /** Runs every check; `reason` names the first that failed. */
  async inspect(): Promise<{
    reason: string | null;
    checks: Record<string, 'ok' | 'failed'>;
    facts: Record<string, unknown>;
  }> {
    const results = await Promise.all(this.checks.map((check) => passes(check)));
    const failed = this.checks.find((_check, index) => !results[index]);
    return {
      reason: this.stopping ? 'shutting down' : (failed?.reason ?? null),
      checks: Object.fromEntries(this.checks.map((check, index) => [check.name, results[index] ? 'ok' : 'failed'])),
      facts: Object.assign({}, ...this.facts.map((read) => read())) as Record<string, unknown>,
    };
  }
}

async function passes(check: ReadinessCheck): Promise<boolean> {
  try {
    await check.run();
    return true;
  } catch {
    return false; // The reason shown is the check's own: an error's text may name hosts.
  }
}
