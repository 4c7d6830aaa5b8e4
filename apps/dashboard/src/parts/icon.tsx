// The few signs the pages use, drawn on a 16-unit grid; always beside words, so hidden from screen readers.

const paths = {
  plus: 'M8 3v10M3 8h10',
  copy: 'M5.5 5.5V3.2c0-.4.3-.7.7-.7h6.6c.4 0 .7.3.7.7v6.6c0 .4-.3.7-.7.7h-2.3M3.2 5.5h6.6c.4 0 .7.3.7.7v6.6c0 .4-.3.7-.7.7H3.2a.7.7 0 0 1-.7-.7V6.2c0-.4.3-.7.7-.7Z',
  check: 'm3 8.5 3.2 3.2L13 4.8',
  close: 'm4 4 8 8M12 4l-8 8',
  plug: 'M5.5 2v3M10.5 2v3M3.5 5h9v2.5a4.5 4.5 0 0 1-9 0V5ZM8 12v2.5',
  warn: 'M8 2.2 14.4 13.5H1.6L8 2.2ZM8 6.5v3.2M8 11.6v.1',
  to: 'M2.5 8h10.5M9.5 4.5 13 8l-3.5 3.5',
  more: 'm4 6.5 4 4 4-4',
  clock: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 4.8V8l2.2 1.4',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  back: 'M9.5 3.5 5 8l4.5 4.5',
  out: 'M6.5 2.5H3.2c-.4 0-.7.3-.7.7v9.6c0 .4.3.7.7.7h3.3M6.5 8h7M10.8 5.2 13.5 8l-2.7 2.8',
  key: 'M9.2 6.8a3.3 3.3 0 1 0-2.6 3.2l.9-.9h1.4V7.8l.3-1ZM5.4 5.4v.1M9 9l4.5 4.5h-2.3',
  eye: 'M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8ZM8 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z',
  lock: 'M4.7 7V5.3a3.3 3.3 0 0 1 6.6 0V7M3.5 7h9v6.5h-9V7Z',
} as const;

/** One sign, in the colour of the text around it. */
export function Icon({ name }: { name: keyof typeof paths }) {
  return (
    <svg className="icon" width="16" height="16" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}
