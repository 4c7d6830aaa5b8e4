// The roles of an endpoint that Weir knows: how each secret is kept, its rotation, and the ways to make and to change them.
import type { EndpointReply, RoleReply } from '@weir/api-contract';
import { useCallback, useState } from 'react';
import { usePages } from '../api/use-pages.ts';
import { ConfirmDialog } from '../parts/confirm-dialog.tsx';
import { ListCard } from '../parts/list-card.tsx';
import { useMay, useSession } from '../session.tsx';
import { CreateRole } from './create-role.tsx';
import { DeleteRole } from './delete-role.tsx';
import { ImportRole } from './import-role.tsx';
import { type RoleAct, RoleTable } from './role-table.tsx';
import { withoutRole, withRole } from './role-words.ts';
import { RotateRole } from './rotate-role.tsx';

interface RoleListProps {
  readonly endpoint: EndpointReply;
  /** The endpoint is not as it was read any more. */
  readonly onStale: () => void;
}

type Open = { readonly act: 'create' | 'import' } | { readonly act: RoleAct; readonly role: RoleReply };

/** A card with all of them. */
export function RoleList({ endpoint, onStale }: RoleListProps) {
  const { api } = useSession();
  const mayWrite = useMay('write');
  const maySeeSecrets = useMay('secrets');
  const [open, setOpen] = useState<Open | null>(null);
  const endpointId = endpoint.id;
  const pages = usePages(
    useCallback(
      (cursor: string | undefined) => api.listRoles({ params: { endpointId }, query: { cursor } }),
      [api, endpointId],
    ),
  );
  const close = () => setOpen(null);
  const show = (role: RoleReply) => {
    pages.change((roles, nextCursor) => withRole(roles, nextCursor, role));
    onStale();
  };
  const dialog = { endpoint, onClose: close };

  return (
    <>
      <ListCard
        title="Roles"
        what="roles"
        note="Other roles of the database log in with their own passwords, where Weir may ask for them."
        buttons={
          mayWrite && (
            <>
              <button
                type="button"
                className="button button-small"
                onClick={() => setOpen({ act: 'import' })}
              >
                Import role
              </button>
              {maySeeSecrets && (
                <button
                  type="button"
                  className="button button-small"
                  onClick={() => setOpen({ act: 'create' })}
                >
                  New role
                </button>
              )}
            </>
          )
        }
        pages={pages}
        empty="None is known. One that is made here has its password sealed, so it can be rotated and lent."
      >
        {(roles) => (
          <RoleTable
            roles={roles}
            mayWrite={mayWrite}
            maySeeSecrets={maySeeSecrets}
            onAct={(act, role) => setOpen({ act, role })}
          />
        )}
      </ListCard>
      {open?.act === 'create' && <CreateRole {...dialog} onMade={show} />}
      {open?.act === 'import' && (
        <ImportRole
          {...dialog}
          onImported={(role) => {
            close();
            show(role);
          }}
        />
      )}
      {open?.act === 'rotate' && <RotateRole {...dialog} role={open.role} onRotated={show} />}
      {open?.act === 'end-overlap' && (
        <ConfirmDialog
          title={`End the overlap of ${open.role.name}?`}
          confirm="End overlap"
          danger
          act={async () => {
            show(await api.endOverlap({ params: { endpointId, roleName: open.role.name } }));
            close();
          }}
          onClose={close}
        >
          <p className="purpose">
            The password before opens nothing from now on. Who is connected stays so; who connects with it is
            refused.
          </p>
        </ConfirmDialog>
      )}
      {open?.act === 'delete' && (
        <DeleteRole
          {...dialog}
          role={open.role}
          onDeleted={() => {
            close();
            pages.change((roles) => withoutRole(roles, open.role.name));
            onStale();
          }}
        />
      )}
    </>
  );
}
