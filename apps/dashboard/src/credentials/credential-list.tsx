// The short-lived credentials of an endpoint: whose they are, how long they still open, making and revoking them.
import type { CredentialReply, EndpointReply } from '@weir/api-contract';
import { useCallback, useState } from 'react';
import { usePages } from '../api/use-pages.ts';
import { age, counted } from '../format.ts';
import { ConfirmDialog } from '../parts/confirm-dialog.tsx';
import { ListCard } from '../parts/list-card.tsx';
import { useMay, useSession } from '../session.tsx';
import { CreateCredential } from './create-credential.tsx';

interface CredentialListProps {
  readonly endpoint: EndpointReply;
  /** The endpoint is not as it was read any more. */
  readonly onStale: () => void;
}

/** A card with all that open something. */
export function CredentialList({ endpoint, onStale }: CredentialListProps) {
  const { api } = useSession();
  const mayWrite = useMay('write');
  const maySeeSecrets = useMay('secrets');
  const [isCreating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<CredentialReply | null>(null);
  const { id: endpointId, tenantId, roles } = endpoint;
  const pages = usePages(
    useCallback(
      (cursor: string | undefined) =>
        api.listCredentials({ params: { tenantId }, query: { endpointId, cursor } }),
      [api, tenantId, endpointId],
    ),
  );
  const nowMs = Date.now();
  // They end by themselves at their time, and with their role.
  const opens = ({ role, expiresAt }: CredentialReply) =>
    Date.parse(expiresAt) > nowMs && roles.some(({ name }) => name === role);

  return (
    <>
      <ListCard
        title="Short-lived credentials"
        what="credentials"
        note="A user name and a password that log in as a role until a time, for a script, a build or a person."
        buttons={
          mayWrite &&
          maySeeSecrets && (
            <button type="button" className="button button-small" onClick={() => setCreating(true)}>
              New credential
            </button>
          )
        }
        pages={pages}
        isShown={opens}
        empty="None opens anything now."
      >
        {(items) => (
          <CredentialTable credentials={items} nowMs={nowMs} onRevoke={mayWrite ? setRevoking : null} />
        )}
      </ListCard>
      {isCreating && (
        <CreateCredential
          endpoint={endpoint}
          onMade={(made) => {
            pages.change((items) => [...items, made]);
            onStale();
          }}
          onClose={() => setCreating(false)}
        />
      )}
      {revoking !== null && (
        <ConfirmDialog
          title="Revoke the credential?"
          confirm="Revoke"
          danger
          act={async () => {
            await api.revokeCredential({ params: { tenantId, credentialId: revoking.id } });
            setRevoking(null);
            pages.change((items) => items.filter(({ id }) => id !== revoking.id));
            onStale();
          }}
          onClose={() => setRevoking(null)}
        >
          <p className="purpose">
            <code>{revoking.id}</code> opens nothing from now on. Who is connected with it stays so.
          </p>
        </ConfirmDialog>
      )}
    </>
  );
}

interface CredentialTableProps {
  readonly credentials: readonly CredentialReply[];
  readonly nowMs: number;
  /** Null: it may not be done. */
  readonly onRevoke: ((credential: CredentialReply) => void) | null;
}

function CredentialTable({ credentials, nowMs, onRevoke }: CredentialTableProps) {
  return (
    <table className="table listed">
      <caption className="visually-hidden">{counted(credentials.length, 'credential')}</caption>
      <thead>
        <tr>
          <th scope="col">User name</th>
          <th scope="col">Role</th>
          <th scope="col">Opens for</th>
          <th scope="col">
            <span className="visually-hidden">Revoke</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {credentials.map((credential) => (
          <tr key={credential.id} className="row-apart">
            <td className="mono cut">{credential.id}</td>
            <td className="mono">{credential.role}</td>
            <td className="soft numbers" data-label="Opens for">
              {age(Date.parse(credential.expiresAt) - nowMs)} more
            </td>
            <td className="number">
              {onRevoke !== null && (
                <button
                  type="button"
                  className="button button-small"
                  aria-label={`Revoke ${credential.id}`}
                  onClick={() => onRevoke(credential)}
                >
                  Revoke
                </button>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
