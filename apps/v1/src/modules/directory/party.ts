/** The two kinds of party. A partner is what the monitor calls a referral channel; a client is the billed customer. */
export type PartyKind = 'partner' | 'client';

export interface Party {
  readonly id: number;
  readonly name: string;
  readonly email: string | null;
  readonly active: boolean;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export type Partner = Party;

export interface Client extends Party {
  /** Stable public id of the customer, used where other systems speak of a workspace or publisher. */
  readonly workspaceId: string;
}
