/**
 * What waits, by client and account, taken in turns: over the clients, and within a client over its accounts. Commands of
 * one client for one account keep their order. So a flood waits behind itself, and whoever it shares the queue with waits
 * for one turn.
 */
export class FairQueue<Item> {
  // A Map is walked in order of insertion: the first entry is the next in turn, and one put back goes to the end.
  private readonly clients = new Map<string, Map<string, Item[]>>();

  private count = 0;

  /** Items waiting. */
  get size(): number {
    return this.count;
  }

  push(client: string, account: string, item: Item): void {
    const accounts = this.clients.get(client) ?? new Map<string, Item[]>();
    const items = accounts.get(account) ?? [];
    items.push(item);
    this.count += 1;
    accounts.set(account, items);
    this.clients.set(client, accounts);
  }

  /** Takes everything that waits for an account, whoever sent it. */
  takeAccount(account: string): Item[] {
    const taken: Item[] = [];
    for (const [client, accounts] of this.clients) {
      const items = accounts.get(account);
      if (items === undefined) continue;
      taken.push(...items);
      accounts.delete(account);
      if (accounts.size === 0) this.clients.delete(client);
    }
    this.count -= taken.length;
    return taken;
  }

  /** Takes up to `max` items. */
  take(max: number): Item[] {
    const taken: Item[] = [];
    // The walk comes to entries put back on the way as well, so it ends when nothing is left.
    for (const [client, accounts] of this.clients) {
      if (taken.length === max) break;
      this.clients.delete(client);
      taken.push(takeInTurn(accounts));
      if (accounts.size > 0) this.clients.set(client, accounts);
    }
    this.count -= taken.length;
    return taken;
  }
}

function takeInTurn<Item>(queues: Map<string, Item[]>): Item {
  for (const [name, items] of queues) {
    queues.delete(name);
    const [item] = items.splice(0, 1) as [Item];
    if (items.length > 0) queues.set(name, items);
    return item;
  }
  throw new Error('nothing waits in this queue');
}
