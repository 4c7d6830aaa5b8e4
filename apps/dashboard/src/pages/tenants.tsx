// The list of tenants: found by name and status, page by page, with the deleted ones that can still be brought back.
import type { TenantReply } from '@weir/api-contract';
import { useCallback, useEffect, useState } from 'react';
import { useAction } from '../api/use-action.ts';
import { type Pages, usePages } from '../api/use-pages.ts';
import { count, counted, date } from '../format.ts';
import { SelectField, TextField } from '../parts/field.tsx';
import { Icon } from '../parts/icon.tsx';
import { MoreButton } from '../parts/more-button.tsx';
import { ProblemNotice } from '../parts/problem-notice.tsx';
import { Skeleton } from '../parts/skeleton.tsx';
import { StatusPill } from '../parts/status-pill.tsx';
import { useTitle } from '../parts/use-title.ts';
import { hrefOf } from '../router.ts';
import { useMay, useSession } from '../session.tsx';

type Status = TenantReply['status'];

// While somebody types only the last letter is worth a question.
const typingPauseMs = 250;

export function Tenants() {
  const { api } = useSession();
  const mayWrite = useMay('write');
  const [typed, setTyped] = useState('');
  const [name, setName] = useState('');
  const [status, setStatus] = useState<Status | ''>('');
  useEffect(() => {
    const timer = setTimeout(() => setName(typed.trim()), typingPauseMs);
    return () => clearTimeout(timer);
  }, [typed]);
  const pages = usePages(
    useCallback(
      (cursor: string | undefined) =>
        api.listTenants({
          query: { cursor, name: name === '' ? undefined : name, status: status === '' ? undefined : status },
        }),
      [api, name, status],
    ),
  );
  useTitle('Tenants');
  const { load } = pages;
  const isEmpty = load.state === 'ready' && load.value.items.length === 0;
  const isFiltered = name !== '' || status !== '';
  const hasNone = isEmpty && !isFiltered;

  return (
    <>
      <div className="page-head">
        <div className="page-head-words">
          <h1>Tenants</h1>
          <p>Each tenant is a Postgres of its own behind this Weir.</p>
        </div>
        {!hasNone && mayWrite && (
          <a className="button button-primary" href={hrefOf({ page: 'create-tenant' })}>
            <Icon name="plus" />
            New tenant
          </a>
        )}
      </div>
      {!hasNone && (
        <search className="filters">
          <TextField
            label="Name begins with"
            type="search"
            autoComplete="off"
            maxLength={100}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
          <SelectField
            label="Status"
            value={status}
            onChange={(event) => setStatus(event.target.value as Status | '')}
          >
            <option value="">All but deleted</option>
            <option value="active">Active</option>
            <option value="suspended">Suspended</option>
            <option value="deleted">Deleted</option>
          </SelectField>
        </search>
      )}
      {load.state === 'loading' && <Skeleton what="tenants" lines={[34, 72, 58, 66, 40]} />}
      {load.state === 'failed' && <ProblemNotice problem={load.problem} onRetry={load.reload} />}
      {hasNone && <NoTenants mayWrite={mayWrite} onShowDeleted={() => setStatus('deleted')} />}
      {isEmpty && isFiltered && (
        <div className="card empty">
          <h2>Nothing found</h2>
          <p>
            {status === 'deleted' && name === ''
              ? 'No tenant was deleted in the last days.'
              : 'No tenant has this status and a name that begins so.'}
          </p>
          <button
            type="button"
            className="button"
            onClick={() => {
              setTyped('');
              setName('');
              setStatus('');
            }}
          >
            Show all
          </button>
        </div>
      )}
      {load.state === 'ready' && !isEmpty && <TenantTable tenants={load.value.items} pages={pages} />}
    </>
  );
}

function NoTenants({ mayWrite, onShowDeleted }: { mayWrite: boolean; onShowDeleted: () => void }) {
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
      {mayWrite && (
        <a className="button button-primary" href={hrefOf({ page: 'create-tenant' })}>
          <Icon name="plus" />
          Create the first tenant
        </a>
      )}
      <button type="button" className="button button-quiet" onClick={onShowDeleted}>
        Show deleted ones
      </button>
    </div>
  );
}

function TenantTable({ tenants, pages }: { tenants: readonly TenantReply[]; pages: Pages<TenantReply> }) {
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
          {tenants.map((tenant) =>
            tenant.status === 'deleted' ? (
              <DeletedRow key={tenant.id} tenant={tenant} onBack={pages.load.reload} />
            ) : (
              <TenantRow key={tenant.id} tenant={tenant} />
            ),
          )}
        </tbody>
      </table>
      <MoreButton pages={pages} what="tenants" />
    </div>
  );
}

function TenantRow({ tenant }: { tenant: TenantReply }) {
  return (
    <tr>
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
  );
}

function DeletedRow({ tenant, onBack }: { tenant: TenantReply; onBack: () => void }) {
  const { api } = useSession();
  const mayWrite = useMay('write');
  const { isBusy, problem, run } = useAction();
  const undelete = async () => {
    const back = await run(() => api.undeleteTenant({ params: { tenantId: tenant.id } }));
    if (back !== null) onBack();
  };
  return (
    <tr className="row-apart">
      <td className="cut">{tenant.name}</td>
      <td>
        <StatusPill status={tenant.status} />
      </td>
      <td className="soft mono wide-only">{tenant.id}</td>
      <td className="soft numbers" colSpan={2}>
        <div className="row-actions">
          <span>{tenant.purgeAt !== null && `until ${date(tenant.purgeAt)}`}</span>
          {mayWrite && (
            <button
              type="button"
              className="button button-small"
              aria-label={`Undelete ${tenant.name}`}
              aria-disabled={isBusy}
              onClick={undelete}
            >
              Undelete
            </button>
          )}
        </div>
        {problem !== null && <ProblemNotice problem={problem} />}
      </td>
    </tr>
  );
}
