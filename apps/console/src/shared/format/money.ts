const formats = new Map<string, Intl.NumberFormat>();

/** Minor units as money: `₹1,18,000.00`. The minor units are exact; the decimal string never passes through a float. */
export function formatMoney(minor: number, currency: string): string {
  const format = formatOf(currency);
  const places = format.resolvedOptions().maximumFractionDigits ?? 2;
  const digits = String(Math.abs(minor)).padStart(places + 1, '0');
  const whole = digits.slice(0, digits.length - places);
  const decimal = places === 0 ? whole : `${whole}.${digits.slice(-places)}`;
  return format.format(`${minor < 0 ? '-' : ''}${decimal}` as Intl.StringNumericLiteral);
}

function formatOf(currency: string): Intl.NumberFormat {
  const known = formats.get(currency);
  if (known) return known;
  const created = new Intl.NumberFormat(currency === 'INR' ? 'en-IN' : 'en', { style: 'currency', currency });
  formats.set(currency, created);
  return created;
}
