// The settings of an endpoint's pools, what some roles and databases have differently, and the ways to change both.
import type { EndpointReply } from '@weir/api-contract';
import { useState } from 'react';
import { count } from '../format.ts';
import { useMay } from '../session.tsx';
import { OverrideDialog } from './override-dialog.tsx';
import type { Override } from './override-form.ts';
import { settingRows } from './setting-rows.ts';
import { SettingsDialog } from './settings-dialog.tsx';

interface PoolSettingsProps {
  readonly endpoint: EndpointReply;
  /** Clients that are connected now; null: not known. */
  readonly clients: number | null;
  readonly onChanged: (endpoint: EndpointReply) => void;
}

type Open = { readonly what: 'settings' } | { readonly what: 'override'; readonly override: Override | null };

/** A card with all of them. */
export function PoolSettings({ endpoint, clients, onChanged }: PoolSettingsProps) {
  const mayWrite = useMay('write');
  const [open, setOpen] = useState<Open | null>(null);
  const { settings } = endpoint;
  const dialog = {
    endpoint,
    onClose: () => setOpen(null),
    onChanged: (changed: EndpointReply) => {
      setOpen(null);
      onChanged(changed);
    },
  };
  return (
    <div className="card">
      <div className="card-head">
        <h3>Pool settings</h3>
        {mayWrite && (
          <button
            type="button"
            className="button button-small"
            aria-label="Edit pool settings"
            onClick={() => setOpen({ what: 'settings' })}
          >
            Edit
          </button>
        )}
      </div>
      <dl className="card-body facts numbers">
        {settingRows(settings).map(({ label, value }) => (
          <Fact key={label} label={label} value={value} />
        ))}
        <Fact label="Client connections" value={`at most ${count(settings.clientConnectionsMax)}`} />
        <Fact label="TLS of clients" value={settings.requireTls ? 'required' : 'optional'} />
      </dl>
      <section className="overrides" aria-label="Overrides">
        <div className="overrides-head">
          <h4>Overrides</h4>
          {mayWrite && (
            <button
              type="button"
              className="button button-small"
              onClick={() => setOpen({ what: 'override', override: null })}
            >
              Add override
            </button>
          )}
        </div>
        {settings.overrides.length === 0 && <p>Every role and database has the settings above.</p>}
        {settings.overrides.map((override) => (
          <div key={JSON.stringify([override.role, override.database])} className="override">
            <div className="overrides-head">
              <p>
                <ForWhom override={override} />
              </p>
              {mayWrite && (
                <button
                  type="button"
                  className="button button-small"
                  aria-label={`Edit override for ${nameOf(override)}`}
                  onClick={() => setOpen({ what: 'override', override })}
                >
                  Edit
                </button>
              )}
            </div>
            <dl className="facts numbers">
              {settingRows(override.settings).map(({ label, value }) => (
                <Fact key={label} label={label} value={value} />
              ))}
            </dl>
          </div>
        ))}
      </section>
      {open?.what === 'settings' && <SettingsDialog {...dialog} clients={clients} />}
      {open?.what === 'override' && <OverrideDialog {...dialog} override={open.override} />}
    </div>
  );
}

function nameOf({ role, database }: Override): string {
  return [role !== null && `role ${role}`, database !== null && `database ${database}`]
    .filter(Boolean)
    .join(' in ');
}

function ForWhom({ override: { role, database } }: { override: Override }) {
  return (
    <>
      {role !== null && (
        <>
          role <code>{role}</code>
        </>
      )}
      {role !== null && database !== null && ' in '}
      {database !== null && (
        <>
          database <code>{database}</code>
        </>
      )}
    </>
  );
}

function Fact({ label, value }: { label: string; value: string }) {
  return (
    <>
      <dt>{label}</dt>
      <dd>{value}</dd>
    </>
  );
}
