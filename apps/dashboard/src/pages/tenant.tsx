// One tenant: its endpoints, one of them with what goes on in it and how to connect, and the ways to suspend and to delete it.
import type { CreateEndpointReply, EndpointReply, GetTenantReply, TenantReply } from '@weir/api-contract';
import { useCallback, useState } from 'react';
import { useLoad } from '../api/use-load.ts';
import { EndpointList } from '../endpoints/endpoint-list.tsx';
import { EndpointPanel } from '../endpoints/endpoint-panel.tsx';
import { date } from '../format.ts';
import { Crumb } from '../parts/crumb.tsx';
import { DeleteTenant } from '../parts/delete-tenant.tsx';
import { Icon } from '../parts/icon.tsx';
import { ProblemNotice } from '../parts/problem-notice.tsx';
import { RenameTenant } from '../parts/rename-tenant.tsx';
import { Skeleton } from '../parts/skeleton.tsx';
import { StatusPill } from '../parts/status-pill.tsx';
import { SuspendTenant } from '../parts/suspend-tenant.tsx';
import { useTitle } from '../parts/use-title.ts';
import { goTo, hrefOf } from '../router.ts';
import { useMay, useSession } from '../session.tsx';

/** The reply that made an endpoint just now, alone or with its tenant. */
export interface Created extends CreateEndpointReply {
  readonly what: 'tenant' | 'endpoint';
}

interface TenantPageProps {
  readonly tenantId: string;
  /** Which of its endpoints is shown; null: the first. */
  readonly endpointId: string | null;
  readonly created: Created | null;
}

/** Loads the tenant; the strings with a password come from `created` alone. */
export function TenantPage({ tenantId, endpointId, created }: TenantPageProps) {
  const { api } = useSession();
  const load = useLoad(useCallback(() => api.getTenant({ params: { tenantId } }), [api, tenantId]));
  useTitle(load.state === 'ready' ? load.value.name : 'Tenant');

  return (
    <>
      {load.state !== 'ready' && (
        <div className="page-head">
          <div className="page-head-words">
            <Crumb to={{ page: 'tenants' }} title="Tenants" />
            <h1>{load.state === 'loading' ? 'Tenant' : 'This tenant cannot be shown'}</h1>
          </div>
        </div>
      )}
      {load.state === 'loading' && <Skeleton what="the tenant" lines={[28, 64, 64, 48, 56]} />}
      {load.state === 'failed' && <ProblemNotice problem={load.problem} onRetry={load.reload} />}
      {load.state === 'ready' && (
        <Loaded tenant={load.value} endpointId={endpointId} created={created} onChanged={load.replace} />
      )}
    </>
  );
}

interface LoadedProps {
  readonly tenant: GetTenantReply;
  readonly endpointId: string | null;
  readonly created: Created | null;
  readonly onChanged: (tenant: GetTenantReply) => void;
}

function Loaded({ tenant, endpointId, created, onChanged }: LoadedProps) {
  const { api } = useSession();
  const mayWrite = useMay('write');
  const [asking, setAsking] = useState<'rename' | 'suspend' | 'delete' | null>(null);
  const close = () => setAsking(null);
  const dialog = {
    tenant,
    onClose: close,
    onChanged: (changed: TenantReply) => {
      close();
      onChanged({ ...tenant, ...changed });
    },
  };
  // In the background, since nothing that is shown is wrong: only generations, and which roles there are to choose from.
  const readAgain = () => {
    api.getTenant({ params: { tenantId: tenant.id } }).then(onChanged, () => {});
  };
  const { endpoints } = tenant;
  const shown = endpoints.find(({ id }) => id === endpointId) ?? endpoints[0];
  const fresh = created !== null && created.endpoint.id === shown?.id ? created : null;
  const replace = (changed: EndpointReply) =>
    onChanged({ ...tenant, endpoints: endpoints.map((one) => (one.id === changed.id ? changed : one)) });
  const forget = (deleted: EndpointReply) => {
    goTo({ page: 'tenant', tenantId: tenant.id });
    onChanged({ ...tenant, endpoints: endpoints.filter(({ id }) => id !== deleted.id) });
  };
  const toCreate = hrefOf({ page: 'create-endpoint', tenantId: tenant.id });
  return (
    <>
      <div className="page-head">
        <div className="page-head-words">
          <Crumb to={{ page: 'tenants' }} title="Tenants" />
          <div className="title-line">
            <h1>{tenant.name}</h1>
            <StatusPill status={tenant.status} />
          </div>
          <p>
            <code>{tenant.id}</code> · created {date(tenant.createdAt)}
          </p>
        </div>
        <div className="page-head-actions">
          <a className="button button-quiet" href={hrefOf({ page: 'audit', tenantId: tenant.id })}>
            <Icon name="clock" />
            History
          </a>
          <a className="button button-quiet" href={hrefOf({ page: 'trust-rules', tenantId: tenant.id })}>
            <Icon name="key" />
            Trust rules
          </a>
          {mayWrite && (
            <>
              <a className="button" href={toCreate}>
                <Icon name="plus" />
                New endpoint
              </a>
              <button type="button" className="button" onClick={() => setAsking('rename')}>
                Rename
              </button>
              <button type="button" className="button" onClick={() => setAsking('suspend')}>
                {tenant.status === 'suspended' ? 'Resume' : 'Suspend'}
              </button>
              <button type="button" className="button button-danger" onClick={() => setAsking('delete')}>
                Delete
              </button>
            </>
          )}
        </div>
      </div>
      {tenant.status === 'suspended' && (
        <div className="notice notice-warn">
          <Icon name="pause" />
          <div className="notice-words">
            <h2>Suspended: clients are refused</h2>
            {tenant.suspendedReason !== null && <p>{tenant.suspendedReason}</p>}
          </div>
        </div>
      )}
      {fresh !== null && (
        <div className="notice" role="status">
          <Icon name="check" />
          <div className="notice-words">
            <h2>The {fresh.what} is ready</h2>
            <p>Its connection strings hold the password until you leave this page, and never again after.</p>
          </div>
        </div>
      )}
      {endpointId !== null && shown?.id !== endpointId && (
        <div className="notice notice-warn" role="status">
          <Icon name="warn" />
          <div className="notice-words">
            <h2>
              <code>{endpointId}</code> is not here
            </h2>
            <p>The tenant has no endpoint of this id, or has it no more.</p>
          </div>
        </div>
      )}
      {shown === undefined ? (
        <div className="card empty">
          <h2>No endpoint</h2>
          <p>Nothing can connect to this tenant. An endpoint gives it hosts that lead to a database.</p>
          {mayWrite && (
            <a className="button button-primary" href={toCreate}>
              <Icon name="plus" />
              Create an endpoint
            </a>
          )}
        </div>
      ) : (
        <>
          {endpoints.length > 1 && <EndpointList endpoints={endpoints} shownId={shown.id} />}
          {/* One at a time: each is followed live, and a browser has few connections to one host. */}
          <EndpointPanel
            key={shown.id}
            tenantName={tenant.name}
            endpoint={shown}
            fresh={fresh?.connectionStrings ?? null}
            openAtOnce={fresh !== null}
            onChanged={replace}
            onDeleted={() => forget(shown)}
            onStale={readAgain}
          />
        </>
      )}
      {asking === 'delete' && <DeleteTenant tenant={tenant} onClose={close} />}
      {asking === 'rename' && <RenameTenant {...dialog} />}
      {asking === 'suspend' && <SuspendTenant {...dialog} />}
    </>
  );
}
