// The API keys of the organisation: which there are, what they may do, when they were used; making and revoking them.
import type { ApiKeyReply } from '@weir/api-contract';
import { useCallback, useState } from 'react';
import { type Pages, usePages } from '../api/use-pages.ts';
import { age, counted, date } from '../format.ts';
import { CreateKey } from '../keys/create-key.tsx';
import { type KeyState, keyStateOf } from '../keys/key-state.ts';
import { ConfirmDialog } from '../parts/confirm-dialog.tsx';
import { Icon } from '../parts/icon.tsx';
import { MoreButton } from '../parts/more-button.tsx';
import { ProblemNotice } from '../parts/problem-notice.tsx';
import { Skeleton } from '../parts/skeleton.tsx';
import { useTitle } from '../parts/use-title.ts';
import { hrefOf } from '../router.ts';
import { useSession } from '../session.tsx';

export function ApiKeys() {
  const { api, me } = useSession();
  const [isCreating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<ApiKeyReply | null>(null);
  const pages = usePages(
    useCallback((cursor: string | undefined) => api.listApiKeys({ query: { cursor } }), [api]),
  );
  useTitle('API keys');
  const { load } = pages;

  return (
    <>
      <div className="page-head">
        <div className="page-head-words">
          <h1>API keys</h1>
          <p>
            What programs and people call the API with. Weir keeps no key, only what is needed to know one.
          </p>
        </div>
        {load.state === 'ready' && (
          <div className="page-head-actions">
            <a className="button button-quiet" href={hrefOf({ page: 'organisations' })}>
              Organisations
            </a>
            <button type="button" className="button button-primary" onClick={() => setCreating(true)}>
              <Icon name="plus" />
              New key
            </button>
          </div>
        )}
      </div>
      {load.state === 'loading' && <Skeleton what="API keys" lines={[44, 60, 52]} />}
      {load.state === 'failed' && <ProblemNotice problem={load.problem} onRetry={load.reload} />}
      {load.state === 'ready' && (
        <KeyTable
          keys={load.value.items}
          ownId={me?.apiKey.id ?? null}
          pages={pages}
          onRevoke={setRevoking}
        />
      )}
      {isCreating && <CreateKey onMade={load.reload} onClose={() => setCreating(false)} />}
      {revoking !== null && (
        <ConfirmDialog
          title={`Revoke ${revoking.name}?`}
          confirm="Revoke"
          danger
          act={async () => {
            await api.revokeApiKey({ params: { apiKeyId: revoking.id } });
            setRevoking(null);
            load.reload();
          }}
          onClose={() => setRevoking(null)}
        >
          <p className="purpose">
            Whoever uses it is refused from now on, and for ever.
            {revoking.id === me?.apiKey.id && ' It is the key that you are signed in with.'}
          </p>
        </ConfirmDialog>
      )}
    </>
  );
}

interface KeyTableProps {
  readonly keys: readonly ApiKeyReply[];
  /** The key of who is signed in. */
  readonly ownId: string | null;
  readonly pages: Pages<ApiKeyReply>;
  readonly onRevoke: (key: ApiKeyReply) => void;
}

function KeyTable({ keys, ownId, pages, onRevoke }: KeyTableProps) {
  const nowMs = Date.now();
  return (
    <div className="card">
      <table className="table">
        <caption className="visually-hidden">{counted(keys.length, 'API key')}</caption>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Scopes</th>
            <th scope="col">Last used</th>
            <th scope="col">Expires</th>
            <th scope="col">
              <span className="visually-hidden">Revoke</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {keys.map((key) => {
            const state = keyStateOf(key, nowMs);
            return (
              <tr key={key.id} className={state === 'active' ? 'row-apart' : 'row-apart row-past'}>
                <td>
                  <div className="key-name">
                    <strong>{key.name}</strong> {state !== 'active' && <StatePill state={state} />}
                    {key.id === ownId && <span className="pill pill-good">This session</span>}
                  </div>
                  <code className="soft">{key.prefix}…</code>
                </td>
                <td>
                  <ul className="chips">
                    {key.scopes.map((scope) => (
                      <li key={scope}>{scope}</li>
                    ))}
                  </ul>
                </td>
                <td className="soft numbers" data-label="Used">
                  {key.lastUsedAt === null ? 'never' : `${age(nowMs - Date.parse(key.lastUsedAt))} ago`}
                </td>
                <td className="soft numbers" data-label="Expires">
                  {key.expiresAt === null ? 'never' : date(key.expiresAt)}
                </td>
                <td className="number">
                  {state === 'active' && (
                    <button
                      type="button"
                      className="button button-small"
                      aria-label={`Revoke ${key.name}`}
                      onClick={() => onRevoke(key)}
                    >
                      Revoke
                    </button>
                  )}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <MoreButton pages={pages} what="keys" />
    </div>
  );
}

function StatePill({ state }: { state: Exclude<KeyState, 'active'> }) {
  return <span className="pill pill-warn">{state === 'revoked' ? 'Revoked' : 'Expired'}</span>;
}
