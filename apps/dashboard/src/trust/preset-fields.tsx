// What people know of an issuer's tokens, asked for instead of issuer, audience and subject.
import { ChoiceField, VerbatimField } from '../parts/field.tsx';
import { Tabs } from '../parts/tabs.tsx';
import { type PresetId, type PresetParts, presets, presetWith } from './presets.ts';

const tabs: readonly { readonly id: PresetId; readonly title: string }[] = [
  ...presets,
  { id: 'other', title: 'Another issuer' },
];

interface PresetFieldsProps {
  readonly chosen: PresetId;
  readonly parts: PresetParts;
  /** Another preset begins with its own parts. */
  readonly onChange: (id: PresetId, parts: PresetParts) => void;
}

export function PresetFields({ chosen, parts, onChange }: PresetFieldsProps) {
  const preset = presetWith(chosen);
  const choose = (id: PresetId) => onChange(id, presetWith(id)?.start ?? {});
  return (
    <div className="preset-fields">
      <Tabs label="Whose tokens" tabs={tabs} chosen={chosen} onChoose={choose} look="chips">
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
                    onChange(chosen, { ...parts, [id]: event.target.value }),
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
