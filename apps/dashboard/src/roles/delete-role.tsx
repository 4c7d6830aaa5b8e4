// Forgetting a role with its secrets, and dropping it in the database if that is wanted, too.
import type { EndpointReply, RoleReply } from '@weir/api-contract';
import { useState } from 'react';
import { ConfirmDialog } from '../parts/confirm-dialog.tsx';
import { useSession } from '../session.tsx';

interface DeleteRoleProps {
  readonly endpoint: EndpointReply;
  readonly role: RoleReply;
  readonly onDeleted: () => void;
  readonly onClose: () => void;
}

export function DeleteRole({ endpoint, role, onDeleted, onClose }: DeleteRoleProps) {
  const { api } = useSession();
  const [isDropped, setDropped] = useState(false);
  return (
    <ConfirmDialog
      title={`Delete ${role.name}?`}
      confirm="Delete role"
      danger
      act={async () => {
        const params = { endpointId: endpoint.id, roleName: role.name };
        await api.deleteRole({ params, query: { drop: isDropped ? 'true' : 'false' } });
        onDeleted();
      }}
      onClose={onClose}
    >
      <p className="purpose">
        Weir forgets its secret, and its short-lived credentials open nothing any more. While the database has
        the role, it may still log in with its own password.
      </p>
      <label className="check">
        <input type="checkbox" checked={isDropped} onChange={(event) => setDropped(event.target.checked)} />
        <span>
          Drop it in the database, too
          <span className="field-hint">Refused while it owns anything there.</span>
        </span>
      </label>
    </ConfirmDialog>
  );
}
