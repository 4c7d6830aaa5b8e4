// The name of a role, as the database has it.
import type { Creation } from '../api/use-creation.ts';
import { VerbatimField } from '../parts/field.tsx';

interface RoleNameFieldProps {
  readonly name: string;
  readonly placeholder?: string;
  /** Of the role. */
  readonly creation: Pick<Creation, 'faultOf' | 'revise'>;
  readonly onChange: (name: string) => void;
}

export function RoleNameField({ name, placeholder, creation, onChange }: RoleNameFieldProps) {
  return (
    <VerbatimField
      label="Name"
      placeholder={placeholder}
      value={name}
      error={creation.faultOf('name')}
      onChange={(event) => {
        onChange(event.target.value);
        creation.revise();
      }}
    />
  );
}
