/** A person who signed in. */
export interface UserPrincipal {
  readonly kind: 'user';
  readonly id: number;
  readonly email: string;
  readonly name: string;
  readonly role: string;
  /** The one customer a restricted user belongs to; null for people of the house. */
  readonly clientId: number | null;
}

/** Another program, known by its service token. */
export interface ServicePrincipal {
  readonly kind: 'service';
  /** Name of the client behind the token; rotation does not change it. */
  readonly client: string;
  readonly tokenId: string;
  readonly scopes: readonly string[];
  /** Prefix every account key it touches must have, for example `v1:`; null for no limit. */
  readonly namespace: string | null;
}

export type Principal = UserPrincipal | ServicePrincipal;

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the guard; absent on public routes. */
    principal?: Principal;
  }
}
