// The Connect dialog: which string is for what, for whom it is, and how each client library takes it.
import type { ConnectionStringsReply, EndpointReply } from '@weir/api-contract';
import type { SnippetId } from '@weir/tenancy';
import { useCallback, useState } from 'react';
import { useLoad } from '../api/use-load.ts';
import { CodeBlock } from '../parts/code-block.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Icon } from '../parts/icon.tsx';
import { Tabs } from '../parts/tabs.tsx';
import { useSession } from '../session.tsx';
import { passwordPlaceholder, snippetsOf, stringOf, stringsToShow } from './strings.ts';

type Side = 'pooled' | 'direct';

const sides = [
  { id: 'pooled', title: 'Pooled', hint: 'For applications and functions' },
  { id: 'direct', title: 'Direct', hint: 'For migrations and admin tools' },
] as const;

interface ConnectDialogProps {
  readonly tenantName: string;
  readonly endpoint: EndpointReply;
  /** Strings of the reply that made the endpoint; null once that is over. */
  readonly fresh: ConnectionStringsReply | null;
  readonly onClose: () => void;
}

/** Open for as long as it is drawn. */
export function ConnectDialog({ tenantName, endpoint, fresh, onClose }: ConnectDialogProps) {
  const { api } = useSession();
  const endpointId = endpoint.id;
  const load = useLoad(useCallback(() => api.listDatabases({ params: { endpointId } }), [api, endpointId]));
  const [side, setSide] = useState<Side>('pooled');
  const [role, setRole] = useState(fresh?.role ?? endpoint.upstream.user);
  const [database, setDatabase] = useState(endpoint.defaultDatabase);
  const [bySni, setBySni] = useState(true);
  const [snippetId, setSnippetId] = useState<SnippetId>('psql');

  const strings = stringsToShow(endpoint, { role, database }, fresh);
  const choice = { pooled: side === 'pooled', bySni };
  const made = snippetsOf(strings, choice, endpoint.kind);
  const snippet = made.find((one) => one.id === snippetId);
  const host = side === 'pooled' ? endpoint.hosts.pooled : endpoint.hosts.direct;

  return (
    <Dialog title={`Connect to ${tenantName}`} lead={<code>{endpoint.id}</code>} onClose={onClose}>
      <Tabs label="Kind of connection" tabs={sides} chosen={side} onChoose={setSide} look="choices">
        <Purpose side={side} budget={endpoint.budget} clientsMax={endpoint.settings.clientConnectionsMax} />
        <dl className="where">
          <div>
            <dt>Role</dt>
            <dd>
              <Chosen label="Role" choices={rolesOf(endpoint)} chosen={role} onChoose={setRole} />
            </dd>
          </div>
          <div>
            <dt>Database</dt>
            <dd>
              <Chosen
                label="Database"
                choices={databasesOf(endpoint, load.state === 'ready' ? load.value.databases : [])}
                chosen={database}
                onChoose={setDatabase}
              />
            </dd>
          </div>
          <div>
            <dt>Port</dt>
            <dd>{endpoint.hosts.port}</dd>
          </div>
          <div className="where-host">
            <dt>Host</dt>
            <dd>{host}</dd>
          </div>
        </dl>
        <CodeBlock
          name={side === 'pooled' ? 'Pooled connection string' : 'Direct connection string'}
          text={stringOf(strings, choice)}
          what={`${side} connection string`}
          testId="connection-string"
          prominent
          wrapped
        />
        <PasswordNote hasPassword={strings.hasPassword} />
        <label className="check">
          <input type="checkbox" checked={!bySni} onChange={(event) => setBySni(!event.target.checked)} />
          <span>
            Name the endpoint in <code>options</code>
            <span className="field-hint">
              For machines on which the host name does not resolve, and drivers that send no server name
              (SNI).
            </span>
          </span>
        </label>
        <h3>Use it with</h3>
        <Tabs label="Client" tabs={made} chosen={snippetId} onChoose={setSnippetId} look="chips">
          {snippet !== undefined && (
            <CodeBlock
              name={snippet.file ?? 'Terminal'}
              text={snippet.text}
              what={`${snippet.title} snippet`}
              testId="snippet"
              wrapped={snippet.language === 'sh' || snippet.language === 'dotenv'}
            />
          )}
        </Tabs>
      </Tabs>
    </Dialog>
  );
}

interface ChosenProps {
  readonly label: string;
  readonly choices: readonly string[];
  readonly chosen: string;
  readonly onChoose: (name: string) => void;
}

/** A name out of several, or the only one. */
function Chosen({ label, choices, chosen, onChoose }: ChosenProps) {
  if (choices.length === 1) return chosen;
  return (
    <select
      className="input where-choice"
      aria-label={label}
      value={chosen}
      onChange={(event) => onChoose(event.target.value)}
    >
      {choices.map((name) => (
        <option key={name}>{name}</option>
      ))}
    </select>
  );
}

/** The endpoint's own first, then what the server has besides; that alone while the server has not said so. */
function databasesOf({ defaultDatabase }: EndpointReply, ofServer: readonly string[]): readonly string[] {
  return [...new Set([defaultDatabase, ...ofServer])];
}

/** The role that Weir was given first, then every other that the endpoint knows. */
function rolesOf(endpoint: EndpointReply): readonly string[] {
  return [...new Set([endpoint.upstream.user, ...endpoint.roles.map((role) => role.name)])];
}

function Purpose({ side, budget, clientsMax }: { side: Side; budget: number; clientsMax: number }) {
  const number = (value: number) => value.toLocaleString('en');
  if (side === 'pooled') {
    return (
      <p className="purpose">
        <strong>Use this in your application.</strong> Up to {number(clientsMax)} clients share{' '}
        {number(budget)} server connections, transaction by transaction. Made for serverless functions and
        anything that connects often.
      </p>
    );
  }
  return (
    <p className="purpose">
      <strong>Use this for migrations, dumps and admin tools.</strong> Each client holds a server connection
      of its own until it leaves, and counts in the same {number(budget)}. Keep applications on the pooled
      string.
    </p>
  );
}

function PasswordNote({ hasPassword }: { hasPassword: boolean }) {
  return (
    <div className={hasPassword ? 'notice notice-warn' : 'notice'}>
      <Icon name="lock" />
      <div className="notice-words">
        {hasPassword ? (
          <p className="advice">The password is shown now and never again. Keep the string somewhere safe.</p>
        ) : (
          <p className="advice">
            Put the role's password in place of <code>{passwordPlaceholder}</code>, percent-encoded. Weir
            keeps it sealed and does not show it.
          </p>
        )}
      </div>
    </div>
  );
}
