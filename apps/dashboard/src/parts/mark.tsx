// The mark of Weir: two lines of water going over a step.

/** Decorative; the word beside it says the name. */
export function Mark({ size = 28 }: { size?: number }) {
  return (
    <svg className="mark" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" className="mark-ground" />
      <path d="M5 11.5h9c4.5 0 3.5 9 8 9h5" className="mark-line" />
      <path d="M5 16.2h6.2c4 0 2.8 8.8 7.4 8.8H27" className="mark-line mark-line-low" />
    </svg>
  );
}
