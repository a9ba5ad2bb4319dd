/** Up to nine digits and three decimals. */
export const QUANTITY_PATTERN = /^(?:0|[1-9][0-9]{0,8})(?:\.[0-9]{1,3})?$/;

/** Reads a decimal quantity into thousandths: "1.5" is 1500. The text must match `QUANTITY_PATTERN`. */
export function parseQuantity(text: string): bigint {
  if (!QUANTITY_PATTERN.test(text)) throw new RangeError(`not a quantity: ${text}`);
  const [whole = '0', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(3, '0'));
}

/** Thousandths as decimal text without needless zeros: 1500 is "1.5". */
export function formatQuantity(thousandths: bigint): string {
  const digits = thousandths.toString().padStart(4, '0');
  return `${digits.slice(0, -3)}.${digits.slice(-3)}`.replace(/\.?0+$/, '');
}
