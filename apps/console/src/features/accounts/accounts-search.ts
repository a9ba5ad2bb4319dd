import * as z from 'zod/mini';

const text = z.catch(z.optional(z.string().check(z.maxLength(200))), undefined);

/** What the address of the page says: filters, order, and which account is open on which tab. */
export const accountsSearch = z.object({
  q: text,
  mode: z.catch(z.optional(z.enum(['CREDIT', 'POSTPAID'])), undefined),
  status: z.catch(z.optional(z.enum(['ACTIVE', 'SUSPENDED', 'UNENROLLED'])), undefined),
  /** Only accounts with less available than this. */
  low: z.catch(z.optional(z.string().check(z.regex(/^(0|[1-9][0-9]{0,9})(\.[0-9]{1,6})?$/))), undefined),
  sort: z.catch(
    z.optional(z.enum(['external_key', 'display_name', 'available', 'enrolled_at', 'last_event_at'])),
    undefined,
  ),
  account: text,
  tab: z.catch(z.optional(z.enum(['reservations', 'ledger', 'timeline'])), undefined),
});

export type AccountsSearch = z.infer<typeof accountsSearch>;
