// Adding, changing and removing what the pools of one role or database have differently.
import type { EndpointReply } from '@weir/api-contract';
import { useState } from 'react';
import { useEndpointChange } from '../api/use-endpoint-change.ts';
import { VerbatimField } from '../parts/field.tsx';
import { FormDialog } from '../parts/form-dialog.tsx';
import { EffectList } from './effect-list.tsx';
import { effectsOf } from './effects.ts';
import { formOf, listFault, type Override, readOverride, withOverride } from './override-form.ts';
import { poolSettingFields, type SettingName } from './setting-fields.ts';
import { SettingInput } from './setting-input.tsx';

interface OverrideDialogProps {
  readonly endpoint: EndpointReply;
  /** Null: a new one. */
  readonly override: Override | null;
  readonly onChanged: (endpoint: EndpointReply) => void;
  readonly onClose: () => void;
}

/** Open for as long as it is drawn. */
export function OverrideDialog({ endpoint, override, onChanged, onClose }: OverrideDialogProps) {
  const { settings } = endpoint;
  const [form, setForm] = useState(() => formOf(override, settings));
  const [wasTried, setTried] = useState(false);
  const { isBusy, problem, clear, change } = useEndpointChange(endpoint, onChanged);
  const reading = readOverride(form);
  const list = withOverride(settings.overrides, override, reading.override);
  const fault = reading.fault ?? (Object.keys(reading.faults).length === 0 ? listFault(list) : null);
  const effects = effectsOf(settings, reading.override.settings, { budget: endpoint.budget, clients: null });

  const revise = (part: Partial<typeof form>) => {
    setForm((before) => ({ ...before, ...part }));
    clear();
  };
  const toggle = (name: SettingName, isOwn: boolean) => {
    const own = new Set(form.own);
    if (isOwn) own.add(name);
    else own.delete(name);
    revise({ own });
  };
  const save = (overrides: typeof list) => change({ settings: { overrides } });
  const submit = () => {
    setTried(true);
    if (fault === null && Object.keys(reading.faults).length === 0) void save(list);
  };

  return (
    <FormDialog
      title={override === null ? 'New override' : 'Override'}
      lead="The more specific one wins: role and database, then role, then database."
      sum={
        <>
          <EffectList effects={effects} />
          {wasTried && fault !== null && (
            <p className="field-error" role="alert">
              {fault}
            </p>
          )}
        </>
      }
      problem={problem}
      apart={
        override !== null && (
          <button
            type="button"
            className="button button-danger dialog-action-apart"
            onClick={() => save(withOverride(settings.overrides, override, null))}
          >
            Remove
          </button>
        )
      }
      submitLabel={override === null ? 'Add override' : 'Apply'}
      isBusy={isBusy}
      onSubmit={submit}
      onClose={onClose}
    >
      <div className="setting-group">
        <VerbatimField
          label="Role"
          placeholder="every role"
          value={form.role}
          onChange={(event) => revise({ role: event.target.value })}
        />
        <VerbatimField
          label="Database"
          placeholder="every database"
          value={form.database}
          onChange={(event) => revise({ database: event.target.value })}
        />
      </div>
      <fieldset className="override-settings">
        <legend>Settings that differ</legend>
        {poolSettingFields.map((field) => (
          <div key={field.name} className="override-setting">
            <label className="check">
              <input
                type="checkbox"
                checked={form.own.has(field.name)}
                onChange={(event) => toggle(field.name, event.target.checked)}
              />
              <span>{field.label}</span>
            </label>
            {form.own.has(field.name) && (
              <SettingInput
                field={field}
                text={form.texts[field.name]}
                error={reading.faults[field.name]}
                onChange={(text) => revise({ texts: { ...form.texts, [field.name]: text } })}
              />
            )}
          </div>
        ))}
      </fieldset>
    </FormDialog>
  );
}
