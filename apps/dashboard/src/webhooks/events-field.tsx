// Choosing the events of a webhook, one by one or all that happen to one kind of thing.
import { useId } from 'react';
import { actOf, type EventType, eventGroups } from './event-groups.ts';

interface EventsFieldProps {
  readonly chosen: readonly EventType[];
  readonly error: string | undefined;
  readonly onChange: (chosen: readonly EventType[]) => void;
}

export function EventsField({ chosen, error, onChange }: EventsFieldProps) {
  const errorId = useId();
  const set = (events: readonly EventType[], isChosen: boolean) => {
    const others = chosen.filter((event) => !events.includes(event));
    onChange(isChosen ? [...others, ...events] : others);
  };
  return (
    <fieldset className="checks" aria-describedby={error === undefined ? undefined : errorId}>
      <legend className="field-label">What it is told of</legend>
      {error !== undefined && (
        <p className="field-error" id={errorId}>
          {error}
        </p>
      )}
      {eventGroups.map(({ thing, events }) => {
        const isWhole = events.every((event) => chosen.includes(event));
        return (
          <fieldset key={thing} className="event-group">
            <legend className="visually-hidden">Events of {thing}s</legend>
            <label className="check event-all">
              <input
                type="checkbox"
                aria-invalid={error !== undefined}
                checked={isWhole}
                onChange={(event) => set(events, event.target.checked)}
              />
              <span>Everything of {thing}s</span>
            </label>
            <div className="event-choices">
              {events.map((one) => (
                <label key={one} className="check">
                  <input
                    type="checkbox"
                    aria-label={one}
                    checked={chosen.includes(one)}
                    onChange={(event) => set([one], event.target.checked)}
                  />
                  <span>{actOf(one)}</span>
                </label>
              ))}
            </div>
          </fieldset>
        );
      })}
    </fieldset>
  );
}
