import * as z from 'zod/mini';

const text = z.catch(z.optional(z.string().check(z.maxLength(200))), undefined);

export const WARNINGS = ['insufficient_credits', 'studio_unreachable', 'studio_cached', 'not_enrolled'] as const;

/** What the address of the page says: filters, order, which account is open on which tab, and which stream is shown. */
export const monitorSearch = z.object({
  q: text,
  mode: z.catch(z.optional(z.enum(['CREDIT', 'POSTPAID'])), undefined),
  warning: z.catch(z.optional(z.enum(WARNINGS)), undefined),
  sort: z.catch(
    z.optional(z.enum(['severity', 'display_name', 'available', 'amount_due', 'last_event_at'])),
    undefined,
  ),
  account: text,
  tab: z.catch(z.optional(z.enum(['invoices', 'payments', 'reservations', 'ledger', 'timeline'])), undefined),
  stream: z.catch(z.optional(z.enum(['invoices', 'payments', 'credits'])), undefined),
});

export type MonitorSearch = z.infer<typeof monitorSearch>;
