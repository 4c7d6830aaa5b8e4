// The list of tenants, page by page, and what is shown while there are none.
import type { TenantReply } from '@weir/api-contract';
import { useCallback, useState } from 'react';
import { ApiProblem } from '../api/problem.ts';
import { useLoad } from '../api/use-load.ts';
import { count, counted, date } from '../format.ts';
import { Icon } from '../parts/icon.tsx';
import { ProblemNotice } from '../parts/problem-notice.tsx';
import { Skeleton } from '../parts/skeleton.tsx';
import { StatusPill } from '../parts/status-pill.tsx';
import { useTitle } from '../parts/use-title.ts';
import { hrefOf } from '../router.ts';
import { useSession } from '../session.tsx';

/** The first page is loaded as it opens, the others when asked for. */
export function Tenants() {
  const { api } = useSession();
  const load = useLoad(useCallback((signal: AbortSignal) => api.tenants(null, signal), [api]));
  useTitle('Tenants');
  const none = load.state === 'ready' && load.value.items.length === 0;

  return (
    <>
      <div className="page-head">
        <div className="page-head-words">
          <h1>Tenants</h1>
          <p>Each tenant is a Postgres of its own behind this Weir.</p>
        </div>
        {!none && (
          <a className="button button-primary" href={hrefOf({ page: 'create-tenant' })}>
            <Icon name="plus" />
            New tenant
          </a>
        )}
      </div>
      {load.state === 'loading' && <Skeleton what="tenants" lines={[34, 72, 58, 66, 40]} />}
      {load.state === 'failed' && <ProblemNotice problem={load.problem} onRetry={load.reload} />}
      {none && <NoTenants />}
      {load.state === 'ready' && !none && (
        <TenantTable first={load.value.items} nextCursor={load.value.nextCursor} />
      )}
    </>
  );
}

function NoTenants() {
  return (
    <div className="card empty">
      <svg className="empty-drawing" viewBox="0 0 200 88" aria-hidden="true">
        <path className="wall" d="M4 84V36h64c34 0 26 32 62 32h66v16Z" />
        <path d="M4 28h66c36 0 28 32 64 32h62" />
        <path className="low" d="M4 18h70c38 0 30 32 66 32h56" />
      </svg>
      <h2>No tenants yet</h2>
      <p>
        Name a Postgres and the memory of its machine. Weir works out how many connections it can bear, and
        gives back a pooled and a direct connection string.
      </p>
      <a className="button button-primary" href={hrefOf({ page: 'create-tenant' })}>
        <Icon name="plus" />
        Create the first tenant
      </a>
    </div>
  );
}

function TenantTable({ first, nextCursor }: { first: readonly TenantReply[]; nextCursor: string | null }) {
  const { api } = useSession();
  const [more, setMore] = useState<readonly TenantReply[]>([]);
  const [cursor, setCursor] = useState(nextCursor);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiProblem | null>(null);

  const loadMore = async () => {
    if (busy) return;
    setBusy(true);
    setProblem(null);
    try {
      const page = await api.tenants(cursor);
      setMore((before) => [...before, ...page.items]);
      setCursor(page.nextCursor);
    } catch (error) {
      setProblem(ApiProblem.from(error));
    }
    setBusy(false);
  };

  const tenants = [...first, ...more];
  return (
    <div className="card">
      <table className="table">
        <caption className="visually-hidden">{counted(tenants.length, 'tenant')}</caption>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Status</th>
            <th scope="col">Id</th>
            <th scope="col" className="number">
              Endpoints
            </th>
            <th scope="col">Created</th>
          </tr>
        </thead>
        <tbody>
          {tenants.map((tenant) => (
            <tr key={tenant.id}>
              <td className="cut">
                <a className="row-link" href={hrefOf({ page: 'tenant', tenantId: tenant.id })}>
                  {tenant.name}
                </a>
              </td>
              <td>
                <StatusPill status={tenant.status} />
              </td>
              <td className="soft mono wide-only">{tenant.id}</td>
              <td className="soft number numbers" data-label="Endpoints">
                {count(tenant.endpointCount)}
              </td>
              <td className="soft numbers">{date(tenant.createdAt)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {problem !== null && (
        <div className="card-body">
          <ProblemNotice problem={problem} onRetry={loadMore} />
        </div>
      )}
      {cursor !== null && problem === null && (
        <div className="list-more">
          <button type="button" className="button" aria-disabled={busy} onClick={loadMore}>
            {busy ? 'Loading…' : 'Show more tenants'}
          </button>
        </div>
      )}
    </div>
  );
}
