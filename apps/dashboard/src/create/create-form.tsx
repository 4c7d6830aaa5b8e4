// The form that makes a tenant or an endpoint: the database is tried as it is named, and the budget worked out beside it.
import { type FormEvent, useRef, useState } from 'react';
import { newIdempotencyKey } from '../api/idempotency-key.ts';
import { ApiProblem, type FieldFault } from '../api/problem.ts';
import { BudgetCard } from '../parts/budget-card.tsx';
import { AreaField, ChoiceField, TextField, VerbatimField } from '../parts/field.tsx';
import { ProblemNotice } from '../parts/problem-notice.tsx';
import { hrefOf, type KnownRoute } from '../router.ts';
import {
  emptyForm,
  type CreateForm as Form,
  type FormField,
  faultTexts,
  otherFaults,
  sizingOf,
  upstreamOf,
  verifiesCertificate,
} from './form.ts';
import { MemoryField } from './memory-field.tsx';
import { ProbeNotice } from './probe-notice.tsx';
import { useProbe } from './use-probe.ts';

const tlsModes: Readonly<Record<Form['tlsMode'], string>> = {
  disable: 'disable: no TLS',
  require: 'require: encrypted, certificate not checked',
  'verify-ca': 'verify-ca: signed by a known CA',
  'verify-full': 'verify-full: known CA and matching name',
};

const kinds: Readonly<Record<Form['kind'], string>> = {
  read_write: 'read and write',
  read_only: 'begin read-only',
};

interface CreateFormProps {
  /** Of the two a tenant alone has a name. */
  readonly what: 'tenant' | 'endpoint';
  /** What is wrong with the form, as far as can be said without the API. */
  readonly check: (form: Form) => readonly FieldFault[];
  /** Makes what the form means; goes on to where that is shown. */
  readonly make: (form: Form, idempotencyKey: string) => Promise<void>;
  /** What is left for by Cancel. */
  readonly back: KnownRoute;
}

export function CreateForm({ what, check, make, back }: CreateFormProps) {
  const [form, setForm] = useState(emptyForm);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [faults, setFaults] = useState<readonly FieldFault[]>([]);
  const element = useRef<HTMLFormElement>(null);
  // A second try after a lost reply is the same creation, until something else is asked for.
  const idempotencyKey = useRef(newIdempotencyKey());

  const probe = useProbe(upstreamOf(form));
  const sizing = sizingOf(form, probe.state === 'ok' ? probe.found : null);
  // Creating says the same, with the button that was pressed in sight.
  const isSaid = probe.state === 'failed' && problem?.title === probe.problem.title;

  const texts = faultTexts(faults);
  const set = (field: FormField, value: string) => {
    setForm((before) => ({ ...before, [field]: value }));
    idempotencyKey.current = newIdempotencyKey();
    // What was wrong with a field says nothing about its new value.
    setFaults((before) => before.filter((fault) => faultTexts([fault])[field] === undefined));
  };
  const bind = (field: FormField) => ({
    name: field,
    value: form[field],
    error: texts[field],
    onChange: (event: { target: { value: string } }) => set(field, event.target.value),
  });

  const fail = (found: readonly FieldFault[]) => {
    setFaults(found);
    // After React has marked them, the first wrong field of the page.
    requestAnimationFrame(() => element.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus());
  };

  const create = async (event: FormEvent) => {
    event.preventDefault();
    if (busy) return;
    setProblem(null);
    const found = check(form);
    if (found.length > 0) return fail(found);
    setBusy(true);
    try {
      await make(form, idempotencyKey.current);
    } catch (error) {
      const failed = ApiProblem.from(error);
      setBusy(false);
      setProblem(failed);
      fail(failed.faults);
    }
  };

  return (
    <div className="create">
      <form ref={element} className="create-form" noValidate onSubmit={create}>
        {what === 'tenant' && (
          <fieldset className="card">
            <legend>Tenant</legend>
            <div className="card-body">
              <TextField label="Name" autoComplete="off" placeholder="Shop, production" {...bind('name')} />
            </div>
          </fieldset>
        )}
        <fieldset className="card">
          <legend>Database</legend>
          <div className="card-body">
            <div className="span-4 keep">
              <VerbatimField label="Host" placeholder="db.example.com" {...bind('host')} />
            </div>
            <div className="span-2 keep">
              <TextField label="Port" inputMode="numeric" autoComplete="off" {...bind('port')} />
            </div>
            <div className="span-3">
              <VerbatimField label="Database" {...bind('database')} />
            </div>
            <div className="span-3">
              <ChoiceField label="TLS mode" {...bind('tlsMode')} choices={tlsModes} />
            </div>
            {verifiesCertificate(form.tlsMode) && (
              <AreaField
                label="CA certificate"
                placeholder="-----BEGIN CERTIFICATE-----"
                spellCheck={false}
                hint="PEM of the CA that signed the server's certificate. Empty: the CAs that the system trusts."
                {...bind('caPem')}
              />
            )}
            <div className="span-3">
              <VerbatimField
                label="User"
                hint="Weir logs in as this role, and so may your clients."
                {...bind('user')}
              />
            </div>
            <div className="span-3">
              <TextField
                label="Password"
                type="password"
                autoComplete="new-password"
                hint="Kept sealed. Shown once, in the reply."
                {...bind('password')}
              />
            </div>
            <ChoiceField
              label="Sessions"
              hint="Read-only is for a replica, or for reports: what writes fails."
              {...bind('kind')}
              choices={kinds}
            />
            {!isSaid && <ProbeNotice what={what} probe={probe} budget={sizing?.budget ?? null} />}
          </div>
        </fieldset>
        <fieldset className="card">
          <legend>Machine</legend>
          <div className="card-body">
            <MemoryField
              value={form.ramGb}
              error={texts.ramGb}
              budget={sizing?.budget ?? null}
              onChange={(value) => set('ramGb', value)}
            />
          </div>
        </fieldset>
        {problem !== null && (
          <ProblemNotice problem={problem}>
            {otherFaults(problem.faults).map((fault) => (
              <p key={fault.field}>
                <code>{fault.field}</code> {fault.message}
              </p>
            ))}
          </ProblemNotice>
        )}
        <div className="create-actions">
          <button type="submit" className="button button-primary" aria-disabled={busy}>
            {busy ? 'Trying the database…' : `Create ${what}`}
          </button>
          <a className="button button-quiet" href={hrefOf(back)}>
            Cancel
          </a>
          <p role="status">{busy && 'This takes up to 10 seconds.'}</p>
        </div>
      </form>
      <BudgetCard
        sizing={sizing}
        missing="Name the memory of the machine, and the budget is worked out here."
        note={`Pooled and direct connections together never pass it.${probe.state === 'ok' ? '' : ' What Postgres itself allows is read from it and may lower it.'}`}
      />
    </div>
  );
}
