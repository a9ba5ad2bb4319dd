/** A lot as the model sees it; amounts in whole credits, times in minutes of the story. */
export interface OracleLot {
  readonly kind: 'promotional' | 'purchased' | 'adjustment';
  readonly priority: number;
  /** Infinity: never. */
  readonly expiresAt: number;
  readonly born: number;
  readonly amount: number;
  free: number;
  held: number;
  /** Name of the purchase that brought it. */
  readonly purchase?: string;
}

/** Part of a hold or of a debit. No lot: against the overdraft. */
export interface Part {
  readonly lot: OracleLot | null;
  amount: number;
}

const KIND_RANK = { promotional: 1, adjustment: 2, purchased: 3 };

/** Which lots pay for what, decided at once with each movement. Shares no code with the fold in the database. */
export class LotOracle {
  readonly lots: OracleLot[] = [];
  /** Open parts of all holds, oldest first: those no lot covers are covered when credits come free. */
  readonly holdParts: Part[][] = [];
  debt = 0;
  private births = 0;

  add(lot: Pick<OracleLot, 'kind' | 'priority' | 'expiresAt' | 'amount' | 'purchase'>, now: number): OracleLot {
    const added = { ...lot, born: (this.births += 1), free: lot.amount, held: 0 };
    this.lots.push(added);
    this.cover(now);
    return added;
  }

  inBurnOrder(): OracleLot[] {
    return [...this.lots].sort(
      (a, b) =>
        a.priority - b.priority ||
        (a.expiresAt === b.expiresAt ? 0 : a.expiresAt - b.expiresAt) ||
        KIND_RANK[a.kind] - KIND_RANK[b.kind] ||
        a.born - b.born,
    );
  }

  freeTotal(): number {
    return this.lots.reduce((sum, lot) => sum + lot.free, 0);
  }

  /** Free credits, then the overdraft. */
  spend(amount: number): Part[] {
    const parts = this.take(amount);
    for (const part of parts) if (!part.lot) this.debt += part.amount;
    return parts;
  }

  hold(amount: number): Part[] {
    const parts = this.take(amount);
    for (const { lot, amount: taken } of parts) if (lot) lot.held += taken;
    this.holdParts.push(parts);
    return parts;
  }

  /** Charges a hold, in the order it burns. */
  spendHeld(parts: Part[], amount: number): Part[] {
    const spent: Part[] = [];
    for (const part of parts) {
      const taken = Math.min(part.amount, amount);
      if (taken === 0) continue;
      amount -= taken;
      part.amount -= taken;
      if (part.lot) part.lot.held -= taken;
      else this.debt += taken;
      spent.push({ lot: part.lot, amount: taken });
    }
    return spent;
  }

  /** Ends a hold, or lessens it, from the other end. */
  giveBack(parts: Part[], amount: number, now: number): void {
    for (const part of [...parts].reverse()) {
      const given = Math.min(part.amount, amount);
      amount -= given;
      part.amount -= given;
      if (part.lot) {
        part.lot.held -= given;
        part.lot.free += given;
      }
    }
    this.cover(now);
  }

  /** Free credits pay the debt first, then stand in for holds that no lot covers. */
  cover(now: number): void {
    for (const lot of this.inBurnOrder()) {
      if (lot.expiresAt <= now) continue;
      const paid = Math.min(lot.free, this.debt);
      lot.free -= paid;
      this.debt -= paid;
      for (const parts of this.holdParts) {
        for (let index = 0; index < parts.length; index += 1) {
          const part = parts[index];
          const covered = part?.lot === null ? Math.min(part.amount, lot.free) : 0;
          if (!part || covered === 0) continue;
          part.amount -= covered;
          lot.free -= covered;
          lot.held += covered;
          parts.splice(index, 0, { lot, amount: covered });
          index += 1;
        }
      }
    }
  }

  private take(amount: number): Part[] {
    const parts: Part[] = [];
    for (const lot of this.inBurnOrder()) {
      const taken = Math.min(lot.free, amount);
      if (taken === 0) continue;
      lot.free -= taken;
      amount -= taken;
      parts.push({ lot, amount: taken });
    }
    if (amount > 0) parts.push({ lot: null, amount });
    return parts;
  }
}
