// Making a short-lived credential: for which role and how long; then its user name, password and strings, once.
import type { CreateCredentialReply, CredentialReply, EndpointReply } from '@weir/api-contract';
import { useCallback, useState } from 'react';
import { useCreation } from '../api/use-creation.ts';
import { useLoad } from '../api/use-load.ts';
import { passwordTexts } from '../connect/password-texts.ts';
import { time } from '../format.ts';
import { DurationField } from '../parts/duration-field.tsx';
import { SelectField } from '../parts/field.tsx';
import { FormDialog } from '../parts/form-dialog.tsx';
import { ShownOnce } from '../parts/shown-once.tsx';
import { useSession } from '../session.tsx';

const lives = [
  { seconds: 300, label: '5 minutes' },
  { seconds: 900, label: '15 minutes' },
  { seconds: 3600, label: 'an hour' },
  { seconds: 28_800, label: '8 hours' },
  { seconds: 86_400, label: 'a day' },
] as const;

interface CreateCredentialProps {
  readonly endpoint: EndpointReply;
  /** Hears of it as it is made; the dialog stays open to show its password. */
  readonly onMade: (credential: CredentialReply) => void;
  readonly onClose: () => void;
}

export function CreateCredential({ endpoint, onMade, onClose }: CreateCredentialProps) {
  const { api } = useSession();
  const { id: endpointId, tenantId } = endpoint;
  const load = useLoad(
    useCallback(() => api.listRoles({ params: { endpointId }, query: { limit: 200 } }), [api, endpointId]),
  );
  const [chosen, setChosen] = useState<string | null>(null);
  const [ttlSeconds, setTtlSeconds] = useState(900);
  const [made, setMade] = useState<CreateCredentialReply | null>(null);
  const { isBusy, problem, create, revise } = useCreation();
  const lenders = load.state === 'ready' ? load.value.items.filter(({ keeps }) => keeps === 'password') : [];
  // Weir's own role may do the most, and is lent only to who asks for it.
  const role = chosen ?? (lenders.find(({ isServiceRole }) => !isServiceRole) ?? lenders[0])?.name;

  const submit = async () => {
    if (role === undefined) return;
    const body = { endpointId, role, ttlSeconds };
    const reply = await create((idempotencyKey) =>
      api.createCredential({ params: { tenantId }, body, idempotencyKey }),
    );
    if (reply === null) return;
    setMade(reply);
    onMade(reply.credential);
  };

  if (made !== null) {
    const { user, credential } = made;
    return (
      <ShownOnce
        title="New credential"
        lead={`Logs in as ${credential.role}, on both hosts.`}
        secret="password"
        note={`Logins are taken until ${time(credential.expiresAt)}; a session that has begun goes on.`}
        texts={[
          { name: 'User name', text: user, what: 'user name', testId: 'user-name' },
          ...passwordTexts(made),
        ]}
        onClose={onClose}
      />
    );
  }
  return (
    <FormDialog
      title="New credential"
      lead="Whoever has it is the role for the database, until its time is over."
      sum={null}
      problem={load.state === 'failed' ? load.problem : problem}
      submitLabel="Create credential"
      isBusy={isBusy}
      isReady={role !== undefined}
      onSubmit={submit}
      onClose={onClose}
    >
      <SelectField
        label="Role"
        hint="Only roles whose password Weir keeps can be lent."
        value={role ?? ''}
        onChange={(event) => {
          setChosen(event.target.value);
          revise();
        }}
      >
        {load.state === 'loading' && <option value="">Loading roles…</option>}
        {load.state === 'ready' && lenders.length === 0 && <option value="">No password is kept</option>}
        {lenders.map(({ name, isServiceRole }) => (
          <option key={name} value={name}>
            {isServiceRole ? `${name} (Weir's own)` : name}
          </option>
        ))}
      </SelectField>
      <DurationField
        label="It opens for"
        choices={lives}
        seconds={ttlSeconds}
        onChange={(seconds) => {
          setTtlSeconds(seconds);
          revise();
        }}
      />
    </FormDialog>
  );
}
