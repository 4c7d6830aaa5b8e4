// Making a short-lived credential: for which role and how long; then its user name, password and strings, once.
import type { CreateCredentialReply, CredentialReply, EndpointReply } from '@weir/api-contract';
import { useState } from 'react';
import { useCreation } from '../api/use-creation.ts';
import { passwordTexts } from '../connect/password-texts.ts';
import { time } from '../format.ts';
import { DurationField } from '../parts/duration-field.tsx';
import { FormDialog } from '../parts/form-dialog.tsx';
import { ShownOnce } from '../parts/shown-once.tsx';
import { LenderField } from '../roles/lender-field.tsx';
import { useLenders } from '../roles/use-lenders.ts';
import { useSession } from '../session.tsx';
import { lives } from './lives.ts';

interface CreateCredentialProps {
  readonly endpoint: EndpointReply;
  /** Hears of it as it is made; the dialog stays open to show its password. */
  readonly onMade: (credential: CredentialReply) => void;
  readonly onClose: () => void;
}

export function CreateCredential({ endpoint, onMade, onClose }: CreateCredentialProps) {
  const { api } = useSession();
  const { id: endpointId, tenantId } = endpoint;
  const lenders = useLenders(endpointId);
  const [chosen, setChosen] = useState<string | null>(null);
  const [ttlSeconds, setTtlSeconds] = useState(900);
  const [made, setMade] = useState<CreateCredentialReply | null>(null);
  const { isBusy, problem, create, revise } = useCreation();
  const role = chosen ?? lenders.first;

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
      problem={lenders.load.state === 'failed' ? lenders.load.problem : problem}
      submitLabel="Create credential"
      isBusy={isBusy}
      isReady={role !== undefined}
      onSubmit={submit}
      onClose={onClose}
    >
      <LenderField
        lenders={lenders}
        role={role}
        onChange={(name) => {
          setChosen(name);
          revise();
        }}
      />
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
