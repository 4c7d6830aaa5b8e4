// One labelled input with its hint and its error, tied together for screen readers.
import { type ComponentProps, type ReactNode, useId } from 'react';

interface FieldProps {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly error?: string | undefined;
}

function describe(id: string, { hint, error }: FieldProps): string | undefined {
  const ids = [hint !== undefined && `${id}-hint`, error !== undefined && `${id}-error`].filter(Boolean);
  return ids.length === 0 ? undefined : ids.join(' ');
}

function Around({ id, label, hint, error, children }: FieldProps & { id: string; children: ReactNode }) {
  return (
    <div className={error === undefined ? 'field' : 'field field-wrong'}>
      <label htmlFor={id}>{label}</label>
      {children}
      {error !== undefined && (
        <p className="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
      {hint !== undefined && (
        <p className="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

/** A text, password or number input. */
export function TextField({ label, hint, error, ...input }: FieldProps & ComponentProps<'input'>) {
  const id = useId();
  return (
    <Around id={id} label={label} hint={hint} error={error}>
      <input
        className="input"
        id={id}
        aria-invalid={error !== undefined}
        aria-describedby={describe(id, { label, hint, error })}
        {...input}
      />
    </Around>
  );
}

/** A text that a machine takes letter by letter, as a name in the database is: nothing fills it in or corrects it. */
export function VerbatimField(props: ComponentProps<typeof TextField>) {
  return <TextField autoComplete="off" autoCapitalize="none" spellCheck={false} {...props} />;
}

/** A choice out of few. */
export function SelectField({ label, hint, error, ...select }: FieldProps & ComponentProps<'select'>) {
  const id = useId();
  return (
    <Around id={id} label={label} hint={hint} error={error}>
      <select
        className="input"
        id={id}
        aria-invalid={error !== undefined}
        aria-describedby={describe(id, { label, hint, error })}
        {...select}
      />
    </Around>
  );
}

interface ChoiceFieldProps extends ComponentProps<typeof SelectField> {
  /** What may be chosen, in words, by its value. */
  readonly choices: Readonly<Record<string, string>>;
}

/** A choice out of few that are known; what else there is to choose stands before them. */
export function ChoiceField({ choices, children, ...select }: ChoiceFieldProps) {
  return (
    <SelectField {...select}>
      {children}
      {Object.entries(choices).map(([value, words]) => (
        <option key={value} value={value}>
          {words}
        </option>
      ))}
    </SelectField>
  );
}

/** Several lines, for certificates. */
export function AreaField({ label, hint, error, ...area }: FieldProps & ComponentProps<'textarea'>) {
  const id = useId();
  return (
    <Around id={id} label={label} hint={hint} error={error}>
      <textarea
        className="input input-area"
        id={id}
        aria-invalid={error !== undefined}
        aria-describedby={describe(id, { label, hint, error })}
        {...area}
      />
    </Around>
  );
}
