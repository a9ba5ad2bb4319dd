/** A key nobody used before. `crypto.randomUUID` would need a secure origin. */
export function newIdempotencyKey(purpose: string): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `console:${purpose}:${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
