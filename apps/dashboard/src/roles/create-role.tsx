// Making a role in the database: its name and what it is a member of; then its password, once.
import type { EndpointReply, RolePasswordReply, RoleReply } from '@weir/api-contract';
import { useState } from 'react';
import { useCreation } from '../api/use-creation.ts';
import { VerbatimField } from '../parts/field.tsx';
import { FormDialog } from '../parts/form-dialog.tsx';
import { useSession } from '../session.tsx';
import { RoleNameField } from './role-name-field.tsx';
import { RolePassword } from './role-password.tsx';
import { namesIn } from './role-words.ts';

interface CreateRoleProps {
  readonly endpoint: EndpointReply;
  /** Hears of the role as it is made; the dialog stays open to show its password. */
  readonly onMade: (role: RoleReply) => void;
  readonly onClose: () => void;
}

export function CreateRole({ endpoint, onMade, onClose }: CreateRoleProps) {
  const { api } = useSession();
  const [name, setName] = useState('');
  const [memberOf, setMemberOf] = useState('');
  const [made, setMade] = useState<RolePasswordReply | null>(null);
  const creation = useCreation();
  const { isBusy, problem, create, revise, faultOf } = creation;

  const submit = async () => {
    const params = { endpointId: endpoint.id };
    const body = { name: name.trim(), memberOf: namesIn(memberOf) };
    const reply = await create((idempotencyKey) => api.createRole({ params, body, idempotencyKey }));
    if (reply === null) return;
    setMade(reply);
    onMade(reply.role);
  };

  if (made !== null) {
    return <RolePassword made={made} lead="The role is ready on both hosts." onClose={onClose} />;
  }
  return (
    <FormDialog
      title="New role"
      lead={
        <>
          In the database of <code>{endpoint.id}</code>, with a password that Weir makes.
        </>
      }
      sum={null}
      problem={problem}
      submitLabel="Create role"
      isBusy={isBusy}
      onSubmit={submit}
      onClose={onClose}
    >
      <RoleNameField name={name} placeholder="reports" creation={creation} onChange={setName} />
      <VerbatimField
        label="Member of"
        placeholder="pg_read_all_data"
        hint="Roles whose rights it is to have, with commas between them. Empty: none, so that it can log in and little more."
        value={memberOf}
        error={faultOf('memberOf')}
        onChange={(event) => {
          setMemberOf(event.target.value);
          revise();
        }}
      />
    </FormDialog>
  );
}
