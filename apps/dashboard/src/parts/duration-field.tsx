// How long something is to hold, out of a few lengths of time.
import type { ReactNode } from 'react';
import { SelectField } from './field.tsx';

interface DurationFieldProps {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly choices: readonly { readonly seconds: number; readonly label: string }[];
  readonly seconds: number;
  readonly onChange: (seconds: number) => void;
}

export function DurationField({ choices, seconds, onChange, ...field }: DurationFieldProps) {
  return (
    <SelectField {...field} value={seconds} onChange={(event) => onChange(Number(event.target.value))}>
      {choices.map((choice) => (
        <option key={choice.seconds} value={choice.seconds}>
          {choice.label}
        </option>
      ))}
    </SelectField>
  );
}
