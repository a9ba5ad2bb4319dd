/** One deadline for everything a page asks of Studio: answers the milliseconds left, never below zero. */
export function deadlineIn(milliseconds: number): () => number {
  const end = performance.now() + milliseconds;
  return () => Math.max(0, end - performance.now());
}
