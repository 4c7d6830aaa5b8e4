// Memory of the database's machine: typed, or one of the usual sizes, with the budget that comes of it.
import { useId } from 'react';
import { count } from '../format.ts';

const usualGb = ['1', '2', '4', '8', '16', '32', '64', '128'];

interface MemoryFieldProps {
  /** GiB as typed. */
  readonly value: string;
  readonly error: string | undefined;
  readonly budget: number | null;
  readonly onChange: (value: string) => void;
}

/** Tells the budget to screen readers as it changes. */
export function MemoryField({ value, error, budget, onChange }: MemoryFieldProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>Memory (RAM) in GiB</label>
      <div className="memory">
        <input
          className="input numbers"
          id={id}
          name="ramGb"
          inputMode="decimal"
          autoComplete="off"
          value={value}
          aria-invalid={error !== undefined}
          aria-describedby={`${id}-budget`}
          onChange={(event) => onChange(event.target.value)}
        />
        {/* biome-ignore lint/a11y/useSemanticElements: a fieldset within this one would read its legend twice. */}
        <div className="presets" role="group" aria-label="Usual sizes in GiB">
          {usualGb.map((gb) => (
            <button
              key={gb}
              type="button"
              className="preset numbers"
              aria-pressed={gb === value.trim()}
              onClick={() => onChange(gb)}
            >
              {gb}
            </button>
          ))}
        </div>
      </div>
      {error !== undefined && <p className="field-error">{error}</p>}
      <p className="field-hint numbers" id={`${id}-budget`} role="status">
        {budget === null
          ? 'Of the whole machine, not of one connection.'
          : `${count(budget)} server connections at most.`}
      </p>
    </div>
  );
}
