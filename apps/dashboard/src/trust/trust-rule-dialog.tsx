// Making a trust rule, by what people know of their issuer or by its terms, or changing the terms of one.
import type { EndpointReply, TrustRuleReply } from '@weir/api-contract';
import { useState } from 'react';
import { useCreation } from '../api/use-creation.ts';
import { lifeText, livesWith } from '../credentials/lives.ts';
import { DurationField } from '../parts/duration-field.tsx';
import { AreaField, SelectField, TextField, VerbatimField } from '../parts/field.tsx';
import { FormDialog } from '../parts/form-dialog.tsx';
import { LenderField } from '../roles/lender-field.tsx';
import { useLenders } from '../roles/use-lenders.ts';
import { useSession } from '../session.tsx';
import { PresetFields } from './preset-fields.tsx';
import { type PresetId, type PresetParts, presets, presetWith, trimmed, trustedInWords } from './presets.ts';
import { changeOf, type RuleField, type RuleForm, readRule, ruleFormOf } from './rule-form.ts';

interface TrustRuleDialogProps {
  readonly tenantId: string;
  /** Of the tenant, at least one. */
  readonly endpoints: readonly EndpointReply[];
  /** Null: a new one. */
  readonly rule: TrustRuleReply | null;
  readonly onSaved: (rule: TrustRuleReply) => void;
  readonly onClose: () => void;
}

/** Open for as long as it is drawn. */
export function TrustRuleDialog({ tenantId, endpoints, rule, onSaved, onClose }: TrustRuleDialogProps) {
  const { api } = useSession();
  const [typed, setForm] = useState(() => ruleFormOf(rule, endpoints[0]!.id));
  const [presetId, setPresetId] = useState<PresetId>(presets[0]!.id);
  const [parts, setParts] = useState<PresetParts>(presets[0]!.start);
  const [wasTried, setTried] = useState(false);
  const { isBusy, problem, create, revise, faultOf } = useCreation();
  const lenders = useLenders(typed.endpointId);
  const form = { ...typed, role: typed.role === '' ? (lenders.first ?? '') : typed.role };
  const faults = wasTried ? readRule(form).faults : {};
  const errorOf = (field: RuleField) => faults[field] ?? faultOf(field);

  const fill = (part: Partial<RuleForm>) => {
    setForm((before) => ({ ...before, ...part }));
    revise();
  };
  const bind = (field: 'issuer' | 'audience' | 'subject' | 'claims' | 'description') => ({
    value: form[field],
    error: errorOf(field),
    onChange: (event: { target: { value: string } }) => fill({ [field]: event.target.value }),
  });
  const follow = (id: PresetId, known: PresetParts) => {
    setPresetId(id);
    setParts(known);
    const preset = presetWith(id);
    if (preset !== undefined) fill(preset.termsOf(trimmed(known)));
  };

  const save = async () => {
    setTried(true);
    const { body, faults } = readRule(form);
    if (Object.keys(faults).length > 0) return;
    const saved = await create((idempotencyKey) =>
      rule === null
        ? api.createTrustRule({ params: { tenantId }, body, idempotencyKey })
        : api.changeTrustRule({
            params: { tenantId, trustRuleId: rule.id },
            body: changeOf(body),
            ifGeneration: rule.generation,
          }),
    );
    if (saved !== null) onSaved(saved);
  };

  return (
    <FormDialog
      title={rule === null ? 'New trust rule' : 'Trust rule'}
      lead={
        rule === null ? (
          'Whose tokens are exchanged for credentials of a role, without an API key.'
        ) : (
          <>
            <code>{rule.id}</code>, for <code>{rule.role}</code> on <code>{rule.endpointId}</code>. A change
            holds for the next exchange.
          </>
        )
      }
      sum={
        <section className="effects" aria-label="Whom this trusts" aria-live="polite">
          <p>{effectOf(form)}</p>
        </section>
      }
      problem={lenders.load.state === 'failed' ? lenders.load.problem : problem}
      submitLabel={rule === null ? 'Create trust rule' : 'Apply'}
      isBusy={isBusy}
      onSubmit={() => void save()}
      onClose={onClose}
    >
      {rule === null && <PresetFields chosen={presetId} parts={parts} onChange={follow} />}
      <fieldset className="setting-group">
        <legend>What a token says</legend>
        <VerbatimField
          label="Issuer"
          placeholder="https://gitlab.com"
          hint="Its iss, to the letter; its keys are found there."
          {...bind('issuer')}
        />
        <VerbatimField label="Audience" hint="One of its aud." {...bind('audience')} />
        <div className="whole-row">
          <VerbatimField
            label="Subject"
            hint={
              <>
                Its <code>sub</code>: who runs. A <code>*</code> alone between <code>:</code> or{' '}
                <code>/</code> is any one part, but for the first two, which say whose token it is.
              </>
            }
            {...bind('subject')}
          />
        </div>
        <div className="whole-row">
          <AreaField
            label="Claims besides"
            placeholder="repository_visibility=private"
            spellCheck={false}
            rows={2}
            hint="One a line, as name=value. A token must have all of them. May be empty."
            {...bind('claims')}
          />
        </div>
      </fieldset>
      <fieldset className="setting-group">
        <legend>What it gets</legend>
        {rule === null && endpoints.length > 1 && (
          <div className="whole-row">
            <SelectField
              label="Endpoint"
              value={form.endpointId}
              error={errorOf('endpointId')}
              onChange={(event) => fill({ endpointId: event.target.value, role: '' })}
            >
              {endpoints.map(({ id, defaultDatabase }) => (
                <option key={id} value={id}>
                  {id}, {defaultDatabase}
                </option>
              ))}
            </SelectField>
          </div>
        )}
        {rule === null && (
          <LenderField
            lenders={lenders}
            role={form.role}
            error={errorOf('role')}
            onChange={(role) => fill({ role })}
          />
        )}
        <DurationField
          label="A credential opens for at most"
          hint="Sessions that have begun go on."
          choices={livesWith(form.ttlSecondsMax)}
          seconds={form.ttlSecondsMax}
          onChange={(ttlSecondsMax) => fill({ ttlSecondsMax })}
        />
        <div className="whole-row">
          <TextField
            label="Description"
            hint="For your colleagues. May be empty."
            autoComplete="off"
            {...bind('description')}
          />
        </div>
      </fieldset>
    </FormDialog>
  );
}

function effectOf(form: RuleForm): string {
  if (form.issuer.trim() === '' || form.subject.trim() === '') {
    return 'Whom the rule trusts is said here before you make it.';
  }
  const words = trustedInWords({ issuer: form.issuer.trim(), subject: form.subject.trim() });
  const who = words ?? `whoever has a token of ${form.issuer.trim()} with this subject`;
  return `Trusted: ${who}, for credentials of ${form.role === '' ? 'the role' : form.role} that open for ${lifeText(form.ttlSecondsMax)} at most.`;
}
