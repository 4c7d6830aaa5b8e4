// The input of one setting, as its kind needs it.
import { SelectField, TextField } from '../parts/field.tsx';
import type { SettingField } from './setting-fields.ts';

interface SettingInputProps {
  readonly field: SettingField;
  readonly text: string;
  readonly error: string | undefined;
  readonly onChange: (text: string) => void;
}

export function SettingInput({ field, text, error, onChange }: SettingInputProps) {
  const { name, label, hint, kind, choices = [] } = field;
  if (kind === 'flag') {
    return (
      <label className="check setting-flag">
        <input
          type="checkbox"
          name={name}
          checked={text === 'true'}
          onChange={(event) => onChange(String(event.target.checked))}
        />
        <span>
          {label}
          <span className="field-hint">{hint}</span>
        </span>
      </label>
    );
  }
  if (kind === 'choice') {
    return (
      <SelectField
        label={label}
        hint={hint}
        error={error}
        name={name}
        value={text}
        onChange={(event) => onChange(event.target.value)}
      >
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.label}
          </option>
        ))}
      </SelectField>
    );
  }
  return (
    <TextField
      label={label}
      hint={hint}
      error={error}
      name={name}
      value={text}
      autoComplete="off"
      inputMode={kind === 'count' ? 'numeric' : 'text'}
      placeholder={kind === 'count' ? 'as the budget allows' : ''}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}
