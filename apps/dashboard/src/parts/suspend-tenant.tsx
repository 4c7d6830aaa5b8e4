// Suspending a tenant, with a reason for whoever meets it, and bringing it back.
import type { TenantReply } from '@weir/api-contract';
import { useState } from 'react';
import { useSession } from '../session.tsx';
import { TextField } from './field.tsx';
import { SuspendDialog } from './suspend-dialog.tsx';

interface SuspendTenantProps {
  readonly tenant: TenantReply;
  readonly onChanged: (tenant: TenantReply) => void;
  readonly onClose: () => void;
}

/** Asks before either. */
export function SuspendTenant({ tenant, onChanged, onClose }: SuspendTenantProps) {
  const { api } = useSession();
  const [reason, setReason] = useState('');
  return (
    <SuspendDialog
      name={tenant.name}
      isSuspended={tenant.status === 'suspended'}
      change={async (status) => {
        const suspendedReason = reason.trim();
        const body = { status, ...(suspendedReason === '' ? {} : { suspendedReason }) };
        const params = { tenantId: tenant.id };
        onChanged(await api.changeTenant({ params, body, ifGeneration: tenant.generation }));
      }}
      onClose={onClose}
    >
      <TextField
        label="Reason"
        hint="For your colleagues; clients do not see it. May be empty."
        autoComplete="off"
        maxLength={500}
        value={reason}
        onChange={(event) => setReason(event.target.value)}
      />
    </SuspendDialog>
  );
}
