// Changing the settings of an endpoint: the form, what the change does, and the change itself.
import type { EndpointReply } from '@weir/api-contract';
import { useId, useState } from 'react';
import { useAction } from '../api/use-action.ts';
import { counted } from '../format.ts';
import { Dialog } from '../parts/dialog.tsx';
import { ProblemNotice } from '../parts/problem-notice.tsx';
import { useSession } from '../session.tsx';
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
  const { api } = useSession();
  const formId = useId();
  const [texts, setTexts] = useState(() => textsOf(endpoint.settings));
  const { isBusy, problem, run, clear } = useAction();
  const { change, faults } = readSettings(texts, endpoint.settings);
  const effects = effectsOf(endpoint.settings, change, { budget: endpoint.budget, clients });
  const isReady = effects.length > 0 && Object.keys(faults).length === 0;

  const set = (name: SettingName, text: string) => {
    setTexts((before) => ({ ...before, [name]: text }));
    clear();
  };
  const apply = async () => {
    if (!isReady) return;
    const changed = await run(() =>
      api.changeEndpoint({
        params: { endpointId: endpoint.id },
        body: { settings: change },
        ifGeneration: endpoint.generation,
      }),
    );
    if (changed !== null) onChanged(changed);
  };

  return (
    <Dialog
      title="Pool settings"
      lead="A change reaches clients that are connected, and ends no transaction."
      onClose={onClose}
      foot={
        <>
          <EffectList effects={effects} />
          {problem !== null && <ProblemNotice problem={problem} />}
          <div className="dialog-actions">
            <button type="button" className="button" onClick={onClose}>
              Cancel
            </button>
            <button
              type="submit"
              form={formId}
              className="button button-primary"
              aria-disabled={isBusy || !isReady}
            >
              {isBusy
                ? 'Applying…'
                : effects.length === 0
                  ? 'Nothing to apply'
                  : `Apply ${counted(effects.length, 'change')}`}
            </button>
          </div>
        </>
      }
    >
      <form
        id={formId}
        className="settings-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void apply();
        }}
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
      </form>
    </Dialog>
  );
}
