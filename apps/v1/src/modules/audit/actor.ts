/** Who did something, for the audit row and timelines. */
export interface Actor {
  /** E-mail of a user, `service:<client>` or `system:<job>`. */
  readonly label: string;
  readonly userId: number | null;
  readonly ipAddress: string | null;
  readonly userAgent: string | null;
}

/** A job or relay of our own, for what no person asked for. */
export function systemActor(name: string): Actor {
  return { label: `system:${name}`, userId: null, ipAddress: null, userAgent: null };
}
