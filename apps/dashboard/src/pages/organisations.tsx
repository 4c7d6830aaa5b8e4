// Organisations: for who runs the installation all of them, and making another; else one's own, and its name.
import type { OrganisationReply } from '@weir/api-contract';
import { useCallback, useState } from 'react';
import { usePages } from '../api/use-pages.ts';
import { counted, date } from '../format.ts';
import { OrganisationDialog } from '../organisations/organisation-dialog.tsx';
import { Icon } from '../parts/icon.tsx';
import { MoreButton } from '../parts/more-button.tsx';
import { ProblemNotice } from '../parts/problem-notice.tsx';
import { Skeleton } from '../parts/skeleton.tsx';
import { useTitle } from '../parts/use-title.ts';
import { useMay, useSession } from '../session.tsx';

export function Organisations() {
  const { api, me, reloadMe } = useSession();
  // The reply to a creation holds a key.
  const maySeeKeys = useMay('secrets');
  const [open, setOpen] = useState<{ readonly organisation: OrganisationReply | null } | null>(null);
  const pages = usePages(
    useCallback((cursor: string | undefined) => api.listOrganisations({ query: { cursor } }), [api]),
  );
  useTitle('Organisations');
  const { load } = pages;
  const isOperator = me?.organisation.isOperator ?? false;
  return (
    <>
      <div className="page-head">
        <div className="page-head-words">
          <h1>Organisations</h1>
          <p>Each owns its tenants, API keys and webhooks, and sees nothing of another.</p>
        </div>
        {load.state === 'ready' && isOperator && maySeeKeys && (
          <button
            type="button"
            className="button button-primary"
            onClick={() => setOpen({ organisation: null })}
          >
            <Icon name="plus" />
            New organisation
          </button>
        )}
      </div>
      {load.state === 'loading' && <Skeleton what="organisations" lines={[44, 58]} />}
      {load.state === 'failed' && <ProblemNotice problem={load.problem} onRetry={load.reload} />}
      {load.state === 'ready' && (
        <div className="card">
          <table className="table">
            <caption className="visually-hidden">{counted(load.value.items.length, 'organisation')}</caption>
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Id</th>
                <th scope="col">Created</th>
                <th scope="col">
                  <span className="visually-hidden">Rename</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {load.value.items.map((organisation) => (
                <tr key={organisation.id} className="row-apart">
                  <td>
                    <div className="key-name">
                      <strong>{organisation.name}</strong>
                      {organisation.id === me?.organisation.id && (
                        <span className="pill pill-good">Yours</span>
                      )}
                      {organisation.isOperator && <span className="pill">Runs this installation</span>}
                    </div>
                  </td>
                  <td className="soft mono wide-only">{organisation.id}</td>
                  <td className="soft numbers" data-label="Created">
                    {date(organisation.createdAt)}
                  </td>
                  <td className="number">
                    <button
                      type="button"
                      className="button button-small"
                      aria-label={`Rename ${organisation.name}`}
                      onClick={() => setOpen({ organisation })}
                    >
                      Rename
                    </button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          <MoreButton pages={pages} what="organisations" />
        </div>
      )}
      {open !== null && (
        <OrganisationDialog
          organisation={open.organisation}
          onSaved={(saved) => {
            load.reload();
            // The name in the bar.
            if (saved.id === me?.organisation.id) reloadMe();
            if (open.organisation !== null) setOpen(null);
          }}
          onClose={() => setOpen(null)}
        />
      )}
    </>
  );
}
