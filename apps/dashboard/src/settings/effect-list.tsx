// What is about to change and what that does, kept in sight while it is being chosen.
import { Icon } from '../parts/icon.tsx';
import type { Effect } from './effects.ts';

/** Told to screen readers as it changes. */
export function EffectList({ effects }: { effects: readonly Effect[] }) {
  return (
    <section className="effects" aria-label="What this changes" aria-live="polite">
      {effects.length === 0 ? (
        <p className="fine">Nothing is changed yet. What a change does is said here before you make it.</p>
      ) : (
        <ul>
          {effects.map(({ name, label, from, to, says }) => (
            <li key={name}>
              <p className="effect-change">
                <strong>{label}</strong>{' '}
                <span className="numbers">
                  {from} <Icon name="to" />
                  <span className="visually-hidden"> becomes </span> {to}
                </span>
              </p>
              <p>{says}</p>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
