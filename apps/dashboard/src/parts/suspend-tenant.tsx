// Suspending a tenant, with a reason for whoever meets it, and bringing it back.
import type { TenantReply } from '@weir/api-contract';
import { useState } from 'react';
import { useSession } from '../session.tsx';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { TextField } from './field.tsx';

interface SuspendTenantProps {
  readonly tenant: TenantReply;
  readonly onChanged: (tenant: TenantReply) => void;
  readonly onClose: () => void;
}

/** Asks before either. */
export function SuspendTenant({ tenant, onChanged, onClose }: SuspendTenantProps) {
  const { api } = useSession();
  const [reason, setReason] = useState('');
  const change = async (body: { status: 'active' | 'suspended'; suspendedReason?: string }) =>
    onChanged(
      await api.changeTenant({ params: { tenantId: tenant.id }, body, ifGeneration: tenant.generation }),
    );

  if (tenant.status === 'suspended') {
    return (
      <ConfirmDialog
        title={`Resume ${tenant.name}?`}
        confirm="Resume"
        act={() => change({ status: 'active' })}
        onClose={onClose}
      >
        <p className="purpose">Its clients can connect again within a second.</p>
      </ConfirmDialog>
    );
  }
  const suspendedReason = reason.trim();
  return (
    <ConfirmDialog
      title={`Suspend ${tenant.name}?`}
      confirm="Suspend"
      danger
      act={() => change({ status: 'suspended', ...(suspendedReason === '' ? {} : { suspendedReason }) })}
      onClose={onClose}
    >
      <p className="purpose">
        New clients are refused (57P03), idle ones are disconnected, and the others after their transaction.
        Nothing is lost: it can be resumed at any time.
      </p>
      <TextField
        label="Reason"
        hint="For your colleagues; clients do not see it. May be empty."
        autoComplete="off"
        maxLength={500}
        value={reason}
        onChange={(event) => setReason(event.target.value)}
      />
    </ConfirmDialog>
  );
}
