/** Two wheels, one frame. */
export function Logo({ size }: { size: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden focusable="false">
      <rect width="32" height="32" rx="8" fill="var(--mantine-primary-color-filled)" />
      <g fill="none" stroke="#fff" strokeWidth="2.2" strokeLinecap="round" strokeLinejoin="round">
        <circle cx="9.5" cy="20" r="4.2" />
        <circle cx="22.5" cy="20" r="4.2" />
        <path d="M9.5 20 13 11h7.5l2 9M13 11h-3M20.5 11 15 20H9.5" />
      </g>
    </svg>
  );
}
