// Giving a role a new password: how long the one before opens besides; then the new one, once.
import type { EndpointReply, RolePasswordReply, RoleReply } from '@weir/api-contract';
import { useState } from 'react';
import { useCreation } from '../api/use-creation.ts';
import { FormDialog } from '../parts/form-dialog.tsx';
import { OverlapField } from '../parts/overlap-field.tsx';
import { useSession } from '../session.tsx';
import { RolePassword } from './role-password.tsx';

interface RotateRoleProps {
  readonly endpoint: EndpointReply;
  readonly role: RoleReply;
  /** Hears of the role as it is rotated; the dialog stays open to show its password. */
  readonly onRotated: (role: RoleReply) => void;
  readonly onClose: () => void;
}

export function RotateRole({ endpoint, role, onRotated, onClose }: RotateRoleProps) {
  const { api } = useSession();
  const [overlapSeconds, setOverlapSeconds] = useState(3600);
  const [made, setMade] = useState<RolePasswordReply | null>(null);
  const { isBusy, problem, create, revise } = useCreation();

  const submit = async () => {
    const params = { endpointId: endpoint.id, roleName: role.name };
    const body = { overlapSeconds };
    const reply = await create((idempotencyKey) => api.rotateRole({ params, body, idempotencyKey }));
    if (reply === null) return;
    setMade(reply);
    onRotated(reply.role);
  };

  if (made !== null) return <RolePassword made={made} lead="It has a new password." onClose={onClose} />;
  return (
    <FormDialog
      title={`Rotate ${role.name}`}
      lead="The database gets a new password at once. Nobody who is connected is dropped."
      sum={
        role.rotation !== null && (
          <p className="purpose">
            An overlap is under way: the password from before it stops to open, the present one goes on.
          </p>
        )
      }
      problem={problem}
      submitLabel="Rotate password"
      isBusy={isBusy}
      onSubmit={submit}
      onClose={onClose}
    >
      <OverlapField
        label="The present password opens besides"
        hint="On both hosts of every endpoint that this tenant has on the server. In the meantime give applications the new one."
        seconds={overlapSeconds}
        onChange={(seconds) => {
          setOverlapSeconds(seconds);
          revise();
        }}
      />
    </FormDialog>
  );
}
