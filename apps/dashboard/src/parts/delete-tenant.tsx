// The question before a tenant is deleted, and the deletion.
import type { TenantReply } from '@weir/api-contract';
import { goTo } from '../router.ts';
import { useSession } from '../session.tsx';
import { ConfirmByName } from './confirm-by-name.tsx';

/** Asks for the tenant's name, since its clients lose their connections. */
export function DeleteTenant({ tenant, onClose }: { tenant: TenantReply; onClose: () => void }) {
  const { api } = useSession();
  const remove = async () => {
    await api.deleteTenant({ params: { tenantId: tenant.id } });
    goTo({ page: 'tenants' });
  };
  return (
    <ConfirmByName what="tenant" name={tenant.name} remove={remove} onClose={onClose}>
      <p className="purpose">
        Its endpoints stop answering and its clients are disconnected. The Postgres behind it is left as it
        is. For some days it can be brought back from the list of deleted tenants; then its secrets are gone.
      </p>
    </ConfirmByName>
  );
}
