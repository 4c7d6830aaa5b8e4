// Giving a tenant another name, which nothing but people goes by.
import type { TenantReply } from '@weir/api-contract';
import { useState } from 'react';
import { ApiProblem } from '../api/problem.ts';
import { useSession } from '../session.tsx';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { TextField } from './field.tsx';

interface RenameTenantProps {
  readonly tenant: TenantReply;
  readonly onChanged: (tenant: TenantReply) => void;
  readonly onClose: () => void;
}

/** Open for as long as it is drawn. */
export function RenameTenant({ tenant, onChanged, onClose }: RenameTenantProps) {
  const { api } = useSession();
  const [name, setName] = useState(tenant.name);
  const [fault, setFault] = useState<string>();
  const rename = async () => {
    const params = { tenantId: tenant.id };
    try {
      onChanged(await api.changeTenant({ params, body: { name }, ifGeneration: tenant.generation }));
    } catch (error) {
      const [first] = ApiProblem.from(error).faults;
      if (first === undefined) throw error;
      setFault(`The name ${first.message}.`);
    }
  };
  return (
    <ConfirmDialog title={`Rename ${tenant.name}`} confirm="Rename" act={rename} onClose={onClose}>
      <p className="purpose">Clients notice nothing: hosts and connection strings stay as they are.</p>
      <TextField
        label="Name"
        autoComplete="off"
        value={name}
        error={fault}
        onChange={(event) => {
          setName(event.target.value);
          setFault(undefined);
        }}
      />
    </ConfirmDialog>
  );
}
