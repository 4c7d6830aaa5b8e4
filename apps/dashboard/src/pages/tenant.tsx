// One tenant: its endpoints with what goes on in them, how to connect, and the ways to suspend and to delete it.
import type {
  ConnectionStringsReply,
  CreateTenantReply,
  EndpointReply,
  GetTenantReply,
  TenantReply,
} from '@weir/api-contract';
import { useCallback, useState } from 'react';
import { useLoad } from '../api/use-load.ts';
import { date } from '../format.ts';
import { DeleteTenant } from '../parts/delete-tenant.tsx';
import { EndpointPanel } from '../parts/endpoint-panel.tsx';
import { Icon } from '../parts/icon.tsx';
import { ProblemNotice } from '../parts/problem-notice.tsx';
import { RenameTenant } from '../parts/rename-tenant.tsx';
import { Skeleton } from '../parts/skeleton.tsx';
import { StatusPill } from '../parts/status-pill.tsx';
import { SuspendTenant } from '../parts/suspend-tenant.tsx';
import { useTitle } from '../parts/use-title.ts';
import { hrefOf } from '../router.ts';
import { useMay, useSession } from '../session.tsx';

interface TenantPageProps {
  readonly tenantId: string;
  /** The reply that made this tenant, if that was just now. */
  readonly created: CreateTenantReply | null;
}

/** Loads the tenant; the strings with a password come from `created` alone. */
export function TenantPage({ tenantId, created }: TenantPageProps) {
  const { api } = useSession();
  const load = useLoad(useCallback(() => api.getTenant({ params: { tenantId } }), [api, tenantId]));
  useTitle(load.state === 'ready' ? load.value.name : 'Tenant');

  return (
    <>
      {load.state !== 'ready' && (
        <div className="page-head">
          <div className="page-head-words">
            <Crumb />
            <h1>{load.state === 'loading' ? 'Tenant' : 'This tenant cannot be shown'}</h1>
          </div>
        </div>
      )}
      {load.state === 'loading' && <Skeleton what="the tenant" lines={[28, 64, 64, 48, 56]} />}
      {load.state === 'failed' && <ProblemNotice problem={load.problem} onRetry={load.reload} />}
      {load.state === 'ready' && <Loaded tenant={load.value} created={created} onChanged={load.replace} />}
    </>
  );
}

interface LoadedProps {
  readonly tenant: GetTenantReply;
  readonly created: CreateTenantReply | null;
  readonly onChanged: (tenant: GetTenantReply) => void;
}

function Loaded({ tenant, created, onChanged }: LoadedProps) {
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
  const withEndpoint = (changed: EndpointReply) =>
    tenant.endpoints.map((endpoint) => (endpoint.id === changed.id ? changed : endpoint));
  const freshOf = (endpointId: string): ConnectionStringsReply | null =>
    created?.endpoint.id === endpointId ? created.connectionStrings : null;
  return (
    <>
      <div className="page-head">
        <div className="page-head-words">
          <Crumb />
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
          {mayWrite && (
            <>
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
      {created !== null && (
        <div className="notice" role="status">
          <Icon name="check" />
          <div className="notice-words">
            <h2>The tenant is ready</h2>
            <p>Its connection strings hold the password until you leave this page, and never again after.</p>
          </div>
        </div>
      )}
      {tenant.endpoints.length === 0 && (
        <div className="card empty">
          <h2>No endpoint</h2>
          <p>
            Nothing can connect to this tenant. An endpoint is added with{' '}
            <code>POST /v1/tenants/{tenant.id}/endpoints</code>.
          </p>
        </div>
      )}
      {tenant.endpoints.map((endpoint) => (
        <EndpointPanel
          key={endpoint.id}
          tenantName={tenant.name}
          endpoint={endpoint}
          fresh={freshOf(endpoint.id)}
          openAtOnce={freshOf(endpoint.id) !== null}
          onChanged={(changed) => onChanged({ ...tenant, endpoints: withEndpoint(changed) })}
          onStale={readAgain}
        />
      ))}
      {asking === 'delete' && <DeleteTenant tenant={tenant} onClose={close} />}
      {asking === 'rename' && <RenameTenant {...dialog} />}
      {asking === 'suspend' && <SuspendTenant {...dialog} />}
    </>
  );
}

function Crumb() {
  return (
    <a className="crumb" href={hrefOf({ page: 'tenants' })}>
      <Icon name="back" />
      Tenants
    </a>
  );
}
