// The roles as rows, each with what may be done with it now.
import type { RoleReply } from '@weir/api-contract';
import { counted } from '../format.ts';
import { keepsText, overlapText, rotatedText } from './role-words.ts';

export type RoleAct = 'rotate' | 'end-overlap' | 'delete';

interface RoleTableProps {
  readonly roles: readonly RoleReply[];
  readonly mayWrite: boolean;
  readonly maySeeSecrets: boolean;
  readonly onAct: (act: RoleAct, role: RoleReply) => void;
}

export function RoleTable({ roles, mayWrite, maySeeSecrets, onAct }: RoleTableProps) {
  const nowMs = Date.now();
  return (
    <table className="table listed">
      <caption className="visually-hidden">{counted(roles.length, 'role')}</caption>
      <thead>
        <tr>
          <th scope="col">Role</th>
          <th scope="col">Secret</th>
          <th scope="col">Rotated</th>
          <th scope="col">
            <span className="visually-hidden">Change</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {roles.map((role) => {
          const overlap = overlapText(role.rotation, nowMs);
          return (
            <tr key={role.name} className="row-apart">
              <td>
                <div className="key-name">
                  <strong className="mono">{role.name}</strong>
                  {role.isServiceRole && <span className="pill">Weir's own</span>}
                </div>
                {overlap !== null && <p className="row-note">{overlap}</p>}
              </td>
              <td className="soft">{keepsText(role)}</td>
              <td className="soft numbers" data-label="Rotated">
                {rotatedText(role)}
              </td>
              <td className="number">
                {mayWrite && (
                  <div className="row-buttons">
                    {overlap !== null && role.rotation?.isFinished && (
                      <ActButton act="end-overlap" label="End overlap" role={role} onAct={onAct} />
                    )}
                    {maySeeSecrets && role.keeps === 'password' && (
                      <ActButton act="rotate" label="Rotate" role={role} onAct={onAct} />
                    )}
                    {!role.isServiceRole && (
                      <ActButton act="delete" label="Delete" role={role} onAct={onAct} />
                    )}
                  </div>
                )}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

interface ActButtonProps {
  readonly act: RoleAct;
  readonly label: string;
  readonly role: RoleReply;
  readonly onAct: RoleTableProps['onAct'];
}

function ActButton({ act, label, role, onAct }: ActButtonProps) {
  return (
    <button
      type="button"
      className="button button-small"
      aria-label={`${label} ${act === 'end-overlap' ? 'of ' : ''}role ${role.name}`}
      onClick={() => onAct(act, role)}
    >
      {label}
    </button>
  );
}
