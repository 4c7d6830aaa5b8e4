// What people know of an issuer's tokens, asked for instead of issuer, audience and subject.
import { ChoiceField, VerbatimField } from '../parts/field.tsx';
import { Tabs } from '../parts/tabs.tsx';
import { type Preset, type PresetParts, presets } from './presets.ts';

export type PresetId = Preset['id'] | 'other';

const tabs: readonly { readonly id: PresetId; readonly title: string }[] = [
  ...presets,
  { id: 'other', title: 'Another issuer' },
];

interface PresetFieldsProps {
  readonly chosen: PresetId;
  readonly parts: PresetParts;
  readonly onChoose: (id: PresetId) => void;
  readonly onChange: (parts: PresetParts) => void;
}

export function PresetFields({ chosen, parts, onChoose, onChange }: PresetFieldsProps) {
  const preset = presets.find(({ id }) => id === chosen);
  return (
    <div className="preset-fields">
      <Tabs label="Whose tokens" tabs={tabs} chosen={chosen} onChoose={onChoose} look="chips">
        {preset === undefined ? (
          <p className="purpose">
            Whatever publishes its keys by <code>/.well-known/openid-configuration</code>: GitLab, Kubernetes,
            Google, a login of your own.
          </p>
        ) : (
          <>
            <p className="purpose">{preset.explains}</p>
            <div className="setting-group">
              {preset.parts.map((part) => {
                const { id, label, hint, placeholder, choices, isAsked } = part;
                if (isAsked?.(parts) === false) return null;
                const field = {
                  label,
                  value: parts[id] ?? '',
                  ...(hint === undefined ? {} : { hint }),
                  onChange: (event: { target: { value: string } }) =>
                    onChange({ ...parts, [id]: event.target.value }),
                };
                if (choices === undefined)
                  return <VerbatimField key={id} placeholder={placeholder} {...field} />;
                return <ChoiceField key={id} {...field} choices={choices} />;
              })}
            </div>
          </>
        )}
      </Tabs>
    </div>
  );
}
