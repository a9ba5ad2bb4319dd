// What the load generator can ask of a service. Each maker gives one request after the other, and reads the answers: how
// many operations were done, and how many of them must now stand in the books.

/** Enough to draw a repeat from, few enough to stay in the processor's cache. */
const REPEATABLE_MAX = 1000;
/** More than any wallet of a benchmark holds. */
const UNAFFORDABLE = 1_000_000_000;

/** `POST /v1/billing/credits/reserve`, some of them repeats or more than the wallet has when the slice says so. */
class Reserves {
  #slice;
  #sent = 0;
  #repeatable = [];

  constructor(slice) {
    this.#slice = slice;
  }

  next() {
    const { repeatedShare = 0, unaffordableShare = 0 } = this.#slice;
    if (this.#repeatable.length > 0 && Math.random() < repeatedShare) return this.#repeated();
    const isUnaffordable = unaffordableShare > 0 && Math.random() < unaffordableShare;
    const body = reserveOf(this.#slice, (this.#sent += 1), isUnaffordable ? UNAFFORDABLE : 1);
    return { method: 'POST', path: '/v1/billing/credits/reserve', body: `{${body}}`, isUnaffordable };
  }

  read(request, { status, head, text }) {
    if (request.isUnaffordable) return status === '409' && text.includes('INSUFFICIENT_CREDITS') && done(1, {});
    const isRepeat = /\r\nidempotent-replayed: true/i.test(head);
    if (status !== '201' || isRepeat !== (request.isRepeat ?? false)) return false;
    if (isRepeat) return done(1, {});
    if (this.#slice.repeatedShare > 0) this.#remember(request);
    return done(1, { reserves: 1 });
  }

  #repeated() {
    const { body } = this.#repeatable[Math.floor(Math.random() * this.#repeatable.length)];
    return { method: 'POST', path: '/v1/billing/credits/reserve', body, isRepeat: true };
  }

  #remember(request) {
    const place = this.#sent % REPEATABLE_MAX;
    if (this.#repeatable.length < REPEATABLE_MAX) this.#repeatable.push(request);
    else this.#repeatable[place] = request;
  }
}

/** `POST /v1/billing/credits/commands` with `items` reserves each. */
class CommandArrays {
  #slice;
  #sent = 0;

  constructor(slice) {
    this.#slice = slice;
  }

  next() {
    const { items } = this.#slice;
    const bodies = Array.from(
      { length: items },
      () => `{"operation":"reserve",${reserveOf(this.#slice, (this.#sent += 1), 1)}}`,
    );
    return { method: 'POST', path: '/v1/billing/credits/commands', body: `[${bodies.join(',')}]` };
  }

  read(_request, { status, text }) {
    const { items } = this.#slice;
    return status === '200' && allDone(text, items) && done(items, { reserves: items });
  }
}

/** `POST /v1/billing/events` with `items` facts each. */
class EventArrays {
  #slice;
  #sent = 0;

  constructor(slice) {
    this.#slice = slice;
  }

  next() {
    const bodies = Array.from({ length: this.#slice.items }, () => this.#event());
    return { method: 'POST', path: '/v1/billing/events', body: `[${bodies.join(',')}]` };
  }

  read(_request, { status, text }) {
    const { items } = this.#slice;
    return status === '201' && allDone(text, items) && done(items, { events: items });
  }

  #event() {
    const number = (this.#sent += 1);
    return (
      `{"source_system":"v1","event_type":"work_accepted","external_account_key":"${keyOf(drawn(this.#slice))}",` +
      `"payload_json":{"commission_request_id":${number},"assignment_code":"A-${number}","fees":"1250.00"},` +
      `"idempotency_key":"work_accepted:${this.#slice.prefix}-${number}","occurred_at":"2026-11-01T08:00:00.000Z"}`
    );
  }
}

/** `GET /v1/billing/accounts/status` */
class Statuses {
  #slice;

  constructor(slice) {
    this.#slice = slice;
  }

  next() {
    const key = encodeURIComponent(keyOf(drawn(this.#slice)));
    return { method: 'GET', path: `/v1/billing/accounts/status?external_key=${key}`, body: '' };
  }

  read(_request, { status }) {
    return status === '200' && done(1, {});
  }
}

/** `POST /v1/billing/accounts/statuses`, `items` accounts each. */
class StatusArrays {
  #slice;

  constructor(slice) {
    this.#slice = slice;
  }

  next() {
    const keys = Array.from({ length: this.#slice.items }, () => `"${keyOf(drawn(this.#slice))}"`);
    return { method: 'POST', path: '/v1/billing/accounts/statuses', body: `{"external_keys":[${keys.join(',')}]}` };
  }

  read(_request, { status, text }) {
    return status === '200' && !text.includes('"not_enrolled":true') && done(1, {});
  }
}

const MAKERS = {
  reserve: Reserves,
  'command-array': CommandArrays,
  'event-array': EventArrays,
  status: Statuses,
  'status-array': StatusArrays,
};

/** @param slice `{ request, prefix, firstWallet, wallets, items?, minutes?, repeatedShare?, unaffordableShare? }` */
export function requestsOf(slice) {
  return new MAKERS[slice.request ?? 'reserve'](slice);
}

function reserveOf(slice, number, amount) {
  const name = `${slice.prefix}-${number}`;
  const life = slice.minutes === undefined ? '' : `,"expires_in_minutes":${slice.minutes}`;
  return (
    `"external_key":"${keyOf(drawn(slice))}","amount":${amount},"ref_type":"benchmark","ref_id":"${name}",` +
    `"idempotency_key":"reserve:${name}"${life}`
  );
}

function drawn({ firstWallet, wallets }) {
  return firstWallet + Math.floor(Math.random() * wallets);
}

function keyOf(wallet) {
  return `v1:partner:${wallet}`;
}

function done(operations, { reserves = 0, events = 0 }) {
  return { operations, reserves, events };
}

/** Whether every outcome of an array answer is a 201. */
function allDone(text, items) {
  return text.split('"status":201,').length - 1 === items;
}
