// The page that gives a tenant one more endpoint.
import type { CreateEndpointReply } from '@weir/api-contract';
import { useCallback } from 'react';
import { useLoad } from '../api/use-load.ts';
import { CreateForm } from '../create/create-form.tsx';
import { endpointBodyOf, endpointFaultsOf } from '../create/form.ts';
import { Crumb } from '../parts/crumb.tsx';
import { ProblemNotice } from '../parts/problem-notice.tsx';
import { Skeleton } from '../parts/skeleton.tsx';
import { useTitle } from '../parts/use-title.ts';
import { useSession } from '../session.tsx';

interface CreateEndpointProps {
  readonly tenantId: string;
  /** Gets the one reply that holds the strings with their password. */
  readonly onCreated: (reply: CreateEndpointReply) => void;
}

/** Loads the tenant first, so that nobody fills in a form for one that is not there. */
export function CreateEndpoint({ tenantId, onCreated }: CreateEndpointProps) {
  const { api } = useSession();
  const load = useLoad(useCallback(() => api.getTenant({ params: { tenantId } }), [api, tenantId]));
  useTitle('New endpoint');
  const back = { page: 'tenant', tenantId } as const;
  return (
    <>
      <div className="page-head">
        <div className="page-head-words">
          <Crumb to={back} title={load.state === 'ready' ? load.value.name : 'Tenant'} />
          <h1>New endpoint</h1>
          <p>
            Hosts of their own that lead to another database, or to the same one with settings of their own.
            Endpoints on one server share its connections, within the smallest of their budgets.
          </p>
        </div>
      </div>
      {load.state === 'loading' && <Skeleton what="the tenant" lines={[40, 64, 56]} />}
      {load.state === 'failed' && <ProblemNotice problem={load.problem} onRetry={load.reload} />}
      {load.state === 'ready' && (
        <CreateForm
          what="endpoint"
          check={endpointFaultsOf}
          make={async (form, idempotencyKey) =>
            onCreated(
              await api.createEndpoint({ params: { tenantId }, body: endpointBodyOf(form), idempotencyKey }),
            )
          }
          back={back}
        />
      )}
    </>
  );
}
