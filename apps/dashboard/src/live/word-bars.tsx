// Counts by word as bars, the largest first.
import type { CSSProperties } from 'react';
import { count } from '../format.ts';

// More would make the card longer than its neighbour; the metrics have all of them.
const shownMax = 6;

interface WordBarsProps {
  readonly title: string;
  /** Said where nothing was counted. */
  readonly none: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly isBad?: boolean;
}

export function WordBars({ title, none, counts, isBad = false }: WordBarsProps) {
  const words = Object.entries(counts).sort(([, one], [, other]) => other - one);
  const shown = words.slice(0, shownMax);
  const most = shown[0]?.[1] ?? 1;
  return (
    <section aria-label={title}>
      <h5>{title}</h5>
      {shown.length === 0 && <p className="fine">{none}</p>}
      <dl className={isBad ? 'bars bars-bad' : 'bars'}>
        {shown.map(([word, number]) => (
          <div key={word} style={{ '--share': `${(number / most) * 100}%` } as CSSProperties}>
            <dt className="mono">{word}</dt>
            <dd className="numbers">{count(number)}</dd>
          </div>
        ))}
      </dl>
      {words.length > shown.length && <p className="fine">and {count(words.length - shown.length)} others</p>}
    </section>
  );
}
