// Taking a role that the database has already: with its password, which is tried, or by what the database knows of it.
import type { EndpointReply, RoleReply } from '@weir/api-contract';
import { useState } from 'react';
import { useCreation } from '../api/use-creation.ts';
import { TextField } from '../parts/field.tsx';
import { FormDialog } from '../parts/form-dialog.tsx';
import { useSession } from '../session.tsx';
import { RoleNameField } from './role-name-field.tsx';

interface ImportRoleProps {
  readonly endpoint: EndpointReply;
  readonly onImported: (role: RoleReply) => void;
  readonly onClose: () => void;
}

export function ImportRole({ endpoint, onImported, onClose }: ImportRoleProps) {
  const { api } = useSession();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const creation = useCreation();
  const { isBusy, problem, create, revise, faultOf } = creation;

  const submit = async () => {
    const params = { endpointId: endpoint.id };
    const body = { name: name.trim(), ...(password === '' ? {} : { password }) };
    const role = await create((idempotencyKey) => api.importRole({ params, body, idempotencyKey }));
    if (role !== null) onImported(role);
  };

  return (
    <FormDialog
      title="Import a role"
      lead="One that the database has already. Nothing is changed there."
      sum={null}
      problem={problem}
      submitLabel="Import role"
      isBusy={isBusy}
      onSubmit={submit}
      onClose={onClose}
    >
      <RoleNameField name={name} creation={creation} onChange={setName} />
      <TextField
        label="Password"
        type="password"
        autoComplete="new-password"
        hint="Tried at the database, then kept sealed; so the role can be rotated and lent. Empty: only its verifier is read, which checks logins."
        value={password}
        error={faultOf('password')}
        onChange={(event) => {
          setPassword(event.target.value);
          revise();
        }}
      />
    </FormDialog>
  );
}
