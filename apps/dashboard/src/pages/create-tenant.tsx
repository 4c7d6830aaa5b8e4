// The page that makes a tenant with its first endpoint.
import type { CreateTenantReply } from '@weir/api-contract';
import { CreateForm } from '../create/create-form.tsx';
import { tenantBodyOf, tenantFaultsOf } from '../create/form.ts';
import { Crumb } from '../parts/crumb.tsx';
import { useTitle } from '../parts/use-title.ts';
import { useSession } from '../session.tsx';

/** `onCreated` gets the one reply that holds the strings with their password. */
export function CreateTenant({ onCreated }: { onCreated: (reply: CreateTenantReply) => void }) {
  const { api } = useSession();
  useTitle('New tenant');
  const back = { page: 'tenants' } as const;
  return (
    <>
      <div className="page-head">
        <div className="page-head-words">
          <Crumb to={back} title="Tenants" />
          <h1>New tenant</h1>
          <p>The database is tried while you name it, and again before anything is kept.</p>
        </div>
      </div>
      <CreateForm
        what="tenant"
        check={tenantFaultsOf}
        make={async (form, idempotencyKey) =>
          onCreated(await api.createTenant({ body: tenantBodyOf(form), idempotencyKey }))
        }
        back={back}
      />
    </>
  );
}
