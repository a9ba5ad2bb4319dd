/** Names kept without anything waiting, so that a busy one is not made anew with each command; see `forgetIdle`. */
const IDLE_MAX = 50_000;

/** What waits for one client: its accounts' queues, and those of them that have something, in turn. */
class ClientQueue<Item> {
  readonly accounts = new Map<string, Item[]>();
  turns: Item[][] = [];

  push(account: string, item: Item): void {
    const items = this.accounts.get(account) ?? [];
    if (items.push(item) > 1) return;
    this.turns.push(items);
    if (this.accounts.size >= IDLE_MAX && !this.accounts.has(account)) this.forgetIdle();
    this.accounts.set(account, items);
  }

  /** One item of the account whose turn it is. */
  takeOne(): Item {
    const items = this.turns.shift();
    const item = items?.shift();
    if (items === undefined || item === undefined) throw new Error('nothing waits in this queue');
    if (items.length > 0) this.turns.push(items);
    return item;
  }

  takeAccount(account: string): Item[] {
    const items = this.accounts.get(account);
    if (items === undefined) return [];
    this.turns = this.turns.filter((waiting) => waiting !== items);
    return items.splice(0);
  }

  private forgetIdle(): void {
    for (const [account, items] of this.accounts) if (items.length === 0) this.accounts.delete(account);
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
    if (queue.turns.length === 0) this.turns.push(queue);
    queue.push(account, item);
    this.count += 1;
  }

  /** Takes everything that waits for an account, whoever sent it. */
  takeAccount(account: string): Item[] {
    const taken: Item[] = [];
    for (const queue of this.clients.values()) taken.push(...queue.takeAccount(account));
    this.turns = this.turns.filter((queue) => queue.turns.length > 0);
    this.count -= taken.length;
    return taken;
  }

  /** Takes up to `max` items. */
  take(max: number): Item[] {
    const taken: Item[] = [];
    while (taken.length < max) {
      const queue = this.turns.shift();
      if (queue === undefined) break;
      taken.push(queue.takeOne());
      if (queue.turns.length > 0) this.turns.push(queue);
    }
    this.count -= taken.length;
    return taken;
  }
}
