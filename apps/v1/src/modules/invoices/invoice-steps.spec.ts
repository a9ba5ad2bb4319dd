import { describe, expect, test } from '@jest/globals';
import { toExternalKey } from '@tandem/contracts';
import fc from 'fast-check';
import { decideIssue, decidePayment, decideSend, decideVoid } from './invoice-steps.ts';
import { amountDueMinor, INVOICE_STATES, type Invoice, type InvoiceState } from './invoice.ts';

const NOW = new Date('2026-05-10T10:00:00Z');

function invoice(fields: Partial<Invoice>): Invoice {
  return {
    id: 1,
    number: null,
    series: 'INV',
    financialYear: null,
    clientId: 1,
    partnerId: null,
    assignmentId: null,
    billToName: null,
    accountKey: toExternalKey('v1:client:1'),
    currency: 'INR',
    state: 'DRAFT',
    subtotalMinor: 1000n,
    taxMinor: 180n,
    totalMinor: 1180n,
    amountPaidMinor: 0n,
    amountCreditedMinor: 0n,
    periodStart: null,
    periodEnd: null,
    issuedDate: null,
    dueDate: null,
    paymentTermsDays: 15,
    sentAt: null,
    paidAt: null,
    voidedAt: null,
    voidReason: null,
    memo: null,
    version: 1,
    createdAt: NOW,
    updatedAt: NOW,
    ...fields,
  };
}

/** States from which a step is refused. */
function refusedFrom(step: (from: Invoice) => unknown): InvoiceState[] {
  return INVOICE_STATES.filter((state) => {
    const paid = state === 'PAID' ? 1180n : state === 'PARTIALLY_PAID' ? 80n : 0n;
    try {
      step(invoice({ state, amountPaidMinor: paid }));
      return false;
    } catch {
      return true;
    }
  });
}

describe('issue', () => {
  test('only a draft can be issued', () => {
    const refused = refusedFrom((from) => decideIssue(from, { today: '2026-05-10' }));
    expect(refused).toEqual(['ISSUED', 'SENT', 'PARTIALLY_PAID', 'PAID', 'VOID']);
  });

  test('the due date is the one given, else the terms given, else the one on the draft, else its terms', () => {
    const today = '2026-05-10';
    const draft = invoice({ dueDate: '2026-06-01' });
    expect(decideIssue(draft, { today, dueDate: '2026-07-01', paymentTermsDays: 3 }).dueDate).toBe('2026-07-01');
    expect(decideIssue(draft, { today, paymentTermsDays: 3 }).dueDate).toBe('2026-05-13');
    expect(decideIssue(draft, { today }).dueDate).toBe('2026-06-01');
    expect(decideIssue(invoice({}), { today }).dueDate).toBe('2026-05-25');
  });

  test('refuses a due date before the issue day', () => {
    expect(() => decideIssue(invoice({}), { today: '2026-05-10', dueDate: '2026-05-09' })).toThrow();
  });
});

describe('send', () => {
  test('an issued invoice becomes SENT, once', () => {
    expect(decideSend(invoice({ state: 'ISSUED' }), NOW)).toEqual({ state: 'SENT', sentAt: NOW });
    expect(() => decideSend(invoice({ state: 'SENT', sentAt: NOW }), NOW)).toThrow('SENT');
    expect(() => decideSend(invoice({ state: 'DRAFT' }), NOW)).toThrow('DRAFT');
    expect(() => decideSend(invoice({ state: 'VOID' }), NOW)).toThrow('VOID');
  });

  test('does not undo a payment that came before it was sent', () => {
    expect(decideSend(invoice({ state: 'PARTIALLY_PAID', amountPaidMinor: 1n }), NOW).state).toBe('PARTIALLY_PAID');
  });
});

describe('void', () => {
  test('is refused once money came in or was credited, and for a void invoice', () => {
    const refused = refusedFrom((from) => decideVoid(from, { reason: 'mistake', now: NOW }));
    expect(refused).toEqual(['PARTIALLY_PAID', 'PAID', 'VOID']);
    const credited = invoice({ state: 'SENT', amountCreditedMinor: 1n });
    expect(() => decideVoid(credited, { reason: 'mistake', now: NOW })).toThrow('credits');
  });
});

describe('payment', () => {
  const pay = (from: Invoice, amountMinor: bigint) => decidePayment(from, { amountMinor, paidAt: NOW });

  test('is refused for a draft, a void and a paid invoice', () => {
    expect(refusedFrom((from) => pay(from, 1n))).toEqual(['DRAFT', 'PAID', 'VOID']);
  });

  test('never exceeds what is due after earlier payments and credits', () => {
    const owed = invoice({ state: 'PARTIALLY_PAID', amountPaidMinor: 100n, amountCreditedMinor: 80n });
    expect(() => pay(owed, 1001n)).toThrow('10.00 INR');
    expect(pay(owed, 1000n).change.state).toBe('PAID');
  });

  test('any split of the total ends PAID, exactly once for the first time', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt(1n, 500n), { minLength: 1, maxLength: 10 }), (amounts) => {
        const totalMinor = amounts.reduce((sum, amount) => sum + amount, 0n);
        let current = invoice({ state: 'ISSUED', totalMinor });
        const firsts = amounts.map((amount) => {
          const { change, isFirstFullPayment } = pay(current, amount);
          current = { ...current, ...change };
          return isFirstFullPayment;
        });
        expect(current.state).toBe('PAID');
        expect(amountDueMinor(current)).toBe(0n);
        expect(firsts.filter(Boolean)).toHaveLength(1);
      }),
    );
  });

  test('a debt re-opened after it was paid is not paid for the first time again', () => {
    const reopened = invoice({ state: 'PARTIALLY_PAID', amountPaidMinor: 1000n, paidAt: new Date(0) });
    const { change, isFirstFullPayment } = pay(reopened, 180n);
    expect(isFirstFullPayment).toBe(false);
    expect(change.paidAt).toEqual(new Date(0));
  });
});
