// The choice of a role to be lent.
import { SelectField } from '../parts/field.tsx';
import type { Lenders } from './use-lenders.ts';

interface LenderFieldProps {
  readonly lenders: Lenders;
  /** Undefined while there is none to choose. */
  readonly role: string | undefined;
  readonly error?: string | undefined;
  readonly onChange: (role: string) => void;
}

export function LenderField({ lenders: { load, roles }, role, error, onChange }: LenderFieldProps) {
  return (
    <SelectField
      label="Role"
      hint="Only roles whose password Weir keeps can be lent."
      value={role ?? ''}
      error={error}
      onChange={(event) => onChange(event.target.value)}
    >
      {load.state === 'loading' && <option value="">Loading roles…</option>}
      {load.state === 'ready' && roles.length === 0 && <option value="">No password is kept</option>}
      {roles.map(({ name, isServiceRole }) => (
        <option key={name} value={name}>
          {isServiceRole ? `${name} (Weir's own)` : name}
        </option>
      ))}
    </SelectField>
  );
}
