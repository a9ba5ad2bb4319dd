import type { ExplainedFigure, ExplainedHold, ExplainedLot, Explanation, KindSum, LedgerKind } from '@tandem/contracts';

/** What one movement of a kind is called, and several. */
const NAMES: Readonly<Record<LedgerKind, readonly [one: string, many: string]>> = {
  GRANT: ['grant', 'grants'],
  TOPUP: ['purchase', 'purchases'],
  RESERVE: ['hold', 'holds'],
  CONSUME: ['charge for work', 'charges for work'],
  RELEASE: ['release of a hold', 'releases of holds'],
  EXPIRE: ['hold that ran out', 'holds that ran out'],
  CHARGE: ['usage charge', 'usage charges'],
  ADJUSTMENT: ['correction', 'corrections'],
  REVERSAL: ['reversal', 'reversals'],
  TRANSFER_IN: ['transfer from another account', 'transfers from other accounts'],
  TRANSFER_OUT: ['transfer to another account', 'transfers to other accounts'],
  CLAWBACK: ['refund taken back', 'refunds taken back'],
  LOT_EXPIRY: ['expiry of credits', 'expiries of credits'],
  RECOVERY: ['shortfall paid', 'shortfalls paid'],
};

/** Holds and lots named one by one; a customer on the telephone wants no more. */
const NAMED_MAX = 5;

/** The explanation in plain English, one statement per line, to be read to a customer. */
export function sayExplanation(explanation: Omit<Explanation, 'sentences'>): string[] {
  const { balance, reserved, available, at, external_key } = explanation;
  if (explanation.last_seq === 0 && balance.amount === 0 && reserved.amount === 0) {
    return [`On ${sayTime(at)} nothing had been written for ${external_key} yet: all figures were zero.`];
  }
  return [
    `On ${sayTime(at)} the balance of ${external_key} was ${credits(balance.amount)}; ` +
      `${credits(reserved.amount)} of it reserved, so ${credits(available)} available.`,
    sayPolicy(explanation),
    ...sayFigure('The balance', balance, explanation.opening_seq),
    ...sayFigure('What was reserved', reserved, explanation.opening_seq),
    ...sayHolds(explanation),
    ...sayLots(explanation),
    ...sayEnds(explanation),
  ];
}

function sayPolicy({ billing_mode, account_status, overdraft_limit }: Omit<Explanation, 'sentences'>): string {
  if (billing_mode === null) return 'The account was not enrolled yet.';
  const mode = billing_mode === 'CREDIT' ? 'Work was paid from credits' : 'Work was paid afterwards by invoice';
  const limit =
    overdraft_limit > 0 ? `; what is available was allowed to go ${credits(overdraft_limit)} below zero` : '';
  return `${mode}${limit}${account_status === 'SUSPENDED' ? '; the account was suspended' : ''}.`;
}

function sayFigure(name: string, figure: ExplainedFigure, openingSeq: number): string[] {
  const parts = figure.movements.map(sayKind);
  if (figure.unwritten !== 0) parts.push(`ends not written yet (${signed(figure.unwritten)})`);
  if (parts.length === 0) return [];
  const start =
    openingSeq > 0
      ? `${name} was ${credits(figure.opening)} after movement ${openingSeq}; since then came `
      : `${name} is made of `;
  return [`${start}${list(parts)}: together ${credits(figure.amount)}.`];
}

function sayKind({ reason, count, amount }: KindSum): string {
  return `${count} ${NAMES[reason][count === 1 ? 0 : 1]} (${signed(amount)})`;
}

function sayHolds({ holds, holds_complete }: Omit<Explanation, 'sentences'>): string[] {
  if (holds.length === 0) return [];
  const named = holds.slice(0, NAMED_MAX).map(sayHold);
  return [`Credits were held for ${list([...named, ...more(holds, holds_complete)])}.`];
}

function sayHold({ ref_type, ref_id, held, expires_at, seq }: ExplainedHold): string {
  return `${ref_type} ${ref_id} (${credits(held)} until ${sayTime(expires_at)}, movement ${seq})`;
}

function sayLots({ lots, lots_complete, overdraft_used }: Omit<Explanation, 'sentences'>): string[] {
  const said: string[] = [];
  if (lots.length > 0) {
    const named = lots.slice(0, NAMED_MAX).map(sayLot);
    said.push(`Left, in the order they are used, were ${list([...named, ...more(lots, lots_complete)])}.`);
  } else if (!lots_complete) said.push('Which lots were left is too far back to be worked out at once.');
  if (overdraft_used !== null && overdraft_used > 0) {
    said.push(`${credits(overdraft_used)} had been used beyond what there was; the next credits pay for that.`);
  }
  return said;
}

function sayLot({ left, kind, expires_at, seq }: ExplainedLot): string {
  const end = expires_at === null ? 'without an end' : `ending on ${sayTime(expires_at)}`;
  return `${credits(left)} ${kind} from movement ${seq}, ${end}`;
}

function sayEnds({ written_later_count: later, unwritten_count: unwritten }: Omit<Explanation, 'sentences'>): string[] {
  const said: string[] = [];
  if (later > 0) {
    said.push(
      later === 1
        ? 'One end of a hold or of credits counts from its deadline, although its movement was written later.'
        : `${later} ends of holds or of credits count from their deadlines, although their movements were written later.`,
    );
  }
  if (unwritten > 0) {
    said.push(
      unwritten === 1
        ? 'One hold or lot had run out and counts as ended, although no movement says so yet.'
        : `${unwritten} holds or lots had run out and count as ended, although no movements say so yet.`,
    );
  }
  return said;
}

function more(rows: readonly unknown[], isComplete: boolean): string[] {
  const rest = rows.length - NAMED_MAX;
  if (rest <= 0) return isComplete ? [] : ['others'];
  return [`${isComplete ? '' : 'at least '}${rest} more`];
}

function credits(amount: number): string {
  return `${decimal(amount)} ${amount === 1 ? 'credit' : 'credits'}`;
}

function signed(amount: number): string {
  return amount > 0 ? `+${decimal(amount)}` : decimal(amount);
}

/** Never in exponent form. */
function decimal(amount: number): string {
  return amount.toFixed(6).replace(/\.?0+$/, '');
}

/** To the second, as people say it; the exact moment stands in `at`. */
function sayTime(iso: string): string {
  return `${iso.slice(0, 10)} at ${iso.slice(11, 19)} UTC`;
}

function list(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}
