// Changing the settings of an endpoint: the form, what the change does, and the change itself.
import type { EndpointReply } from '@weir/api-contract';
import { useState } from 'react';
import { useEndpointChange } from '../api/use-endpoint-change.ts';
import { counted } from '../format.ts';
import { FormDialog } from '../parts/form-dialog.tsx';
import { EffectList } from './effect-list.tsx';
import { effectsOf } from './effects.ts';
import { readSettings, type SettingName, settingGroups, textsOf } from './setting-fields.ts';
import { SettingInput } from './setting-input.tsx';

interface SettingsDialogProps {
  readonly endpoint: EndpointReply;
  /** Clients that are connected now; null: not known. */
  readonly clients: number | null;
  readonly onChanged: (endpoint: EndpointReply) => void;
  readonly onClose: () => void;
}

/** Open for as long as it is drawn. */
export function SettingsDialog({ endpoint, clients, onChanged, onClose }: SettingsDialogProps) {
  const [texts, setTexts] = useState(() => textsOf(endpoint.settings));
  const { isBusy, problem, clear, change: apply } = useEndpointChange(endpoint, onChanged);
  const { change, faults } = readSettings(texts, endpoint.settings);
  const effects = effectsOf(endpoint.settings, change, { budget: endpoint.budget, clients });
  const isReady = effects.length > 0 && Object.keys(faults).length === 0;

  const set = (name: SettingName, text: string) => {
    setTexts((before) => ({ ...before, [name]: text }));
    clear();
  };

  return (
    <FormDialog
      title="Pool settings"
      lead="A change reaches clients that are connected, and ends no transaction."
      sum={<EffectList effects={effects} />}
      problem={problem}
      submitLabel={effects.length === 0 ? 'Nothing to apply' : `Apply ${counted(effects.length, 'change')}`}
      isBusy={isBusy}
      isReady={isReady}
      onSubmit={() => {
        if (isReady) void apply({ settings: change });
      }}
      onClose={onClose}
    >
      {settingGroups.map(({ title, fields }) => (
        <fieldset key={title} className="setting-group">
          <legend>{title}</legend>
          {fields.map((field) => (
            <SettingInput
              key={field.name}
              field={field}
              text={texts[field.name]}
              error={faults[field.name]}
              onChange={(text) => set(field.name, text)}
            />
          ))}
        </fieldset>
      ))}
    </FormDialog>
  );
}
