// The inputs of the sizing calculator: memory, the three numbers of the formula, and what the server allows.
import { MemoryField } from '../create/memory-field.tsx';
import { TextField } from '../parts/field.tsx';
import type { readSizing, SizingForm, SizingFormField } from './sizing-form.ts';

interface SizingFieldsProps {
  readonly form: SizingForm;
  readonly reading: ReturnType<typeof readSizing>;
  /** Whether what the server allows can be typed, too; an endpoint's server was asked. */
  readonly withServer: boolean;
  readonly onChange: (field: SizingFormField, text: string) => void;
}

export function SizingFields({ form, reading, withServer, onChange }: SizingFieldsProps) {
  const { sizing, faults } = reading;
  const bind = (field: SizingFormField) => ({
    name: field,
    value: form[field],
    error: faults[field],
    inputMode: 'numeric' as const,
    autoComplete: 'off',
    onChange: (event: { target: { value: string } }) => onChange(field, event.target.value),
  });
  return (
    <div className="sizing-fields">
      <MemoryField
        value={form.ramGb}
        error={faults.ramGb}
        budget={sizing?.budget ?? null}
        onChange={(value) => onChange('ramGb', value)}
      />
      <div className="setting-group">
        <TextField
          label="Bytes for one connection"
          hint="What the memory is divided by."
          {...bind('divisorBytes')}
        />
        <TextField label="Cap" hint="Never more, whatever the memory." {...bind('cap')} />
        <TextField
          label="Kept free"
          hint="For people, monitoring and Weir's own connection."
          {...bind('reserve')}
        />
        {withServer && (
          <>
            <TextField
              label="max_connections"
              hint="SHOW max_connections. Empty: not known."
              {...bind('maxConnections')}
            />
            <TextField
              label="Reserved by Postgres"
              hint="superuser_reserved_connections and, from 16 on, reserved_connections."
              {...bind('reservedConnections')}
            />
          </>
        )}
      </div>
    </div>
  );
}
