// Giving a role a new password: how long the one before opens besides; then the new one, once.
import type { EndpointReply, RolePasswordReply, RoleReply } from '@weir/api-contract';
import { useState } from 'react';
import { RotateDialog } from '../parts/rotate-dialog.tsx';
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
  const [made, setMade] = useState<RolePasswordReply | null>(null);
  const params = { endpointId: endpoint.id, roleName: role.name };

  if (made !== null) return <RolePassword made={made} lead="It has a new password." onClose={onClose} />;
  return (
    <RotateDialog
      title={`Rotate ${role.name}`}
      lead="The database gets a new password at once. Nobody who is connected is dropped."
      secret="password"
      does="open"
      isOverlapping={role.rotation !== null}
      label="The present password opens besides"
      hint="On both hosts of every endpoint that this tenant has on the server. In the meantime give applications the new one."
      usualSeconds={3600}
      rotate={(body, idempotencyKey) => api.rotateRole({ params, body, idempotencyKey })}
      onRotated={(reply) => {
        setMade(reply);
        onRotated(reply.role);
      }}
      onClose={onClose}
    />
  );
}
