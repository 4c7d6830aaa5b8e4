// The settings of an endpoint's pools, and what is chosen differently for some roles and databases.
import type { EndpointReply } from '@weir/api-contract';
import { count } from '../format.ts';
import { settingRows } from './setting-rows.ts';

type Settings = EndpointReply['settings'];

/** A card with all of them; overrides are read only here, as everything of an endpoint is. */
export function PoolSettings({ settings }: { settings: Settings }) {
  return (
    <div className="card">
      <div className="card-head">
        <h3>Pool settings</h3>
      </div>
      <dl className="card-body facts numbers">
        {settingRows(settings).map(({ label, value }) => (
          <Fact key={label} label={label} value={value} />
        ))}
        <Fact label="Client connections" value={`at most ${count(settings.clientConnectionsMax)}`} />
        <Fact label="TLS of clients" value={settings.requireTls ? 'required' : 'optional'} />
      </dl>
      <section className="overrides" aria-label="Overrides">
        <h4>Overrides</h4>
        {settings.overrides.length === 0 && <p>Every role and database has the settings above.</p>}
        {settings.overrides.map(({ role, database, settings: own }) => (
          <div key={JSON.stringify([role, database])} className="override">
            <p>
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
            </p>
            <dl className="facts numbers">
              {settingRows(own).map(({ label, value }) => (
                <Fact key={label} label={label} value={value} />
              ))}
            </dl>
          </div>
        ))}
      </section>
    </div>
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
