/** Names kept without anything waiting, so that a busy one is not made anew with each command; see `forgetIdle`. */
const IDLE_MAX = 50_000;

/** Most items of one take. */
export interface Share {
  readonly ofClient: number;
  readonly ofAccount: number;
}

/** What waits for one account of a client. */
interface AccountQueue<Item> {
  readonly items: Item[];
  /** Items of the take under way. */
  taken: number;
}

/** What waits for one client: its accounts' queues, and those of them that have something, in turn. */
class ClientQueue<Item> {
  private readonly accounts = new Map<string, AccountQueue<Item>>();
  private turns: AccountQueue<Item>[] = [];
  /** Accounts that had their share of the take under way. */
  private served: AccountQueue<Item>[] = [];
  /** Items of the take under way. */
  taken = 0;

  /** True when an account has its turn. */
  get hasTurn(): boolean {
    return this.turns.length > 0;
  }

  push(account: string, item: Item): void {
    const queue = this.accounts.get(account) ?? { items: [], taken: 0 };
    if (queue.items.push(item) > 1) return;
    this.turns.push(queue);
    if (this.accounts.size >= IDLE_MAX && !this.accounts.has(account)) this.forgetIdle();
    this.accounts.set(account, queue);
  }

  /** One item of the account whose turn it is, which has its next turn if its share is larger. */
  takeOne(share: number): Item {
    const queue = this.turns.shift();
    const item = queue?.items.shift();
    if (queue === undefined || item === undefined) throw new Error('nothing waits in this queue');
    this.taken += 1;
    queue.taken += 1;
    (queue.taken < share && queue.items.length > 0 ? this.turns : this.served).push(queue);
    return item;
  }

  /** Ends a take: who had a share has a turn again. */
  endTake(): void {
    this.taken = 0;
    for (const queue of this.turns) queue.taken = 0;
    for (const queue of this.served) {
      queue.taken = 0;
      if (queue.items.length > 0) this.turns.push(queue);
    }
    this.served = [];
  }

  takeAccount(account: string): Item[] {
    const queue = this.accounts.get(account);
    if (queue === undefined) return [];
    this.turns = this.turns.filter((waiting) => waiting !== queue);
    return queue.items.splice(0);
  }

  private forgetIdle(): void {
    for (const [account, { items }] of this.accounts) if (items.length === 0) this.accounts.delete(account);
  }
}

/**
 * What waits, by client and account, taken in turns: over the clients, and within a client over its accounts. Commands of
 * one client for one account keep their order. So a flood waits behind itself, and whoever it shares the queue with waits
 * for one turn.
 *
 * A name whose queue is empty stays. A Map that loses and gains entries all the time leaves a trail of old tables, each
 * of which holds the next and what was in it: once the first is in the old generation, the garbage collector has to take
 * everything that ever waited for alive, and copy it there.
 */
export class FairQueue<Item> {
  private readonly clients = new Map<string, ClientQueue<Item>>();
  private turns: ClientQueue<Item>[] = [];
  private count = 0;

  /** Items waiting. */
  get size(): number {
    return this.count;
  }

  push(client: string, account: string, item: Item): void {
    let queue = this.clients.get(client);
    if (queue === undefined) {
      queue = new ClientQueue();
      this.clients.set(client, queue);
    }
    if (!queue.hasTurn) this.turns.push(queue);
    queue.push(account, item);
    this.count += 1;
  }

  /** Takes everything that waits for an account, whoever sent it. */
  takeAccount(account: string): Item[] {
    const taken: Item[] = [];
    for (const queue of this.clients.values()) taken.push(...queue.takeAccount(account));
    this.turns = this.turns.filter((queue) => queue.hasTurn);
    this.count -= taken.length;
    return taken;
  }

  /** Takes up to `max` items, and of one client, or one of its accounts, no more than its share. */
  take(max: number, share: Share = { ofClient: max, ofAccount: max }): Item[] {
    const taken: Item[] = [];
    const served: ClientQueue<Item>[] = [];
    while (taken.length < max) {
      const queue = this.turns.shift();
      if (queue === undefined) break;
      taken.push(queue.takeOne(share.ofAccount));
      (queue.taken < share.ofClient && queue.hasTurn ? this.turns : served).push(queue);
    }
    this.turns.push(...served);
    for (const queue of this.turns) queue.endTake();
    this.turns = this.turns.filter((queue) => queue.hasTurn);
    this.count -= taken.length;
    return taken;
  }
}
