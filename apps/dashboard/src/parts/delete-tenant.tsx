// The question before a tenant is deleted, and the deletion.
import type { TenantReply } from '@weir/api-contract';
import { useState } from 'react';
import { goTo } from '../router.ts';
import { useSession } from '../session.tsx';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { TextField } from './field.tsx';

/** Asks for the tenant's name, since its clients lose their connections. */
export function DeleteTenant({ tenant, onClose }: { tenant: TenantReply; onClose: () => void }) {
  const { api } = useSession();
  const [typed, setTyped] = useState('');
  const [isWrong, setWrong] = useState(false);

  const remove = async () => {
    if (typed.trim() !== tenant.name) return setWrong(true);
    await api.deleteTenant({ params: { tenantId: tenant.id } });
    goTo({ page: 'tenants' });
  };

  return (
    <ConfirmDialog
      title={`Delete ${tenant.name}?`}
      confirm="Delete tenant"
      danger
      act={remove}
      onClose={onClose}
    >
      <p className="purpose">
        Its endpoints stop answering and its clients are disconnected. The Postgres behind it is left as it
        is. For some days it can be brought back from the list of deleted tenants; then its secrets are gone.
      </p>
      <TextField
        label={`Type ${tenant.name} to confirm`}
        autoComplete="off"
        spellCheck={false}
        value={typed}
        error={isWrong ? "That is not this tenant's name." : undefined}
        onChange={(event) => {
          setTyped(event.target.value);
          setWrong(false);
        }}
      />
    </ConfirmDialog>
  );
}
