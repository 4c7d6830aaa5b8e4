// One endpoint on its tenant's page: Connect, live tiles, pins, its budget, the database behind it and its settings.
import type { ConnectionStringsReply, EndpointReply } from '@weir/api-contract';
import { unnamedRegion } from '@weir/tenancy';
import { useCallback, useState } from 'react';
import { AllowedAddresses } from '../access/allowed-addresses.tsx';
import { BanList } from '../access/ban-list.tsx';
import { useLatest } from '../api/use-latest.ts';
import { ConnectDialog } from '../connect/connect-dialog.tsx';
import { CredentialList } from '../credentials/credential-list.tsx';
import { memory } from '../format.ts';
import { LiveCharts } from '../live/live-charts.tsx';
import { LiveTiles } from '../live/live-tiles.tsx';
import { useActivity } from '../live/use-activity.ts';
import { OrderMenu } from '../orders/order-menu.tsx';
import { standingOf } from '../orders/order-words.ts';
import { BudgetSum } from '../parts/budget-sum.tsx';
import { HealthPill } from '../parts/health-pill.tsx';
import { Icon } from '../parts/icon.tsx';
import { PinList } from '../parts/pin-list.tsx';
import { StatusPill } from '../parts/status-pill.tsx';
import { RoleList } from '../roles/role-list.tsx';
import { useMay, useSession } from '../session.tsx';
import { PoolSettings } from '../settings/pool-settings.tsx';
import { SizingDialog } from '../sizing/sizing-dialog.tsx';
import { DeleteEndpoint } from './delete-endpoint.tsx';
import { SuspendEndpoint } from './suspend-endpoint.tsx';

interface EndpointPanelProps {
  readonly tenantName: string;
  readonly endpoint: EndpointReply;
  readonly fresh: ConnectionStringsReply | null;
  /** Shows the Connect dialog from the start, as after a creation. */
  readonly openAtOnce: boolean;
  readonly onChanged: (endpoint: EndpointReply) => void;
  readonly onDeleted: () => void;
  /** Something was done after which the endpoint is not as it was read. */
  readonly onStale: () => void;
}

/** Follows the endpoint for as long as it is drawn. */
export function EndpointPanel(props: EndpointPanelProps) {
  const { tenantName, endpoint, fresh, openAtOnce, onChanged, onDeleted, onStale } = props;
  const { api } = useSession();
  const activity = useActivity(endpoint.id);
  const pins = useLatest(
    useCallback(() => api.getPins({ params: { endpointId: endpoint.id } }), [api, endpoint.id]),
  );
  const [open, setOpen] = useState<'connect' | 'sizing' | 'suspend' | 'delete' | null>(
    openAtOnce ? 'connect' : null,
  );
  const close = () => setOpen(null);
  const show = (changed: EndpointReply) => {
    close();
    onChanged(changed);
  };
  const mayWrite = useMay('write');
  const { upstream, sizing } = endpoint;
  const standing = standingOf(endpoint);
  const totals = activity.latest?.totals;
  const clients =
    totals === undefined ? null : totals.clientsActive + totals.clientsIdle + totals.clientsWaiting;

  return (
    <section className="endpoint" aria-label={`Endpoint ${endpoint.id}`}>
      <div className="card endpoint-head">
        <div className="page-head-words">
          <div className="title-line">
            <h2 className="mono">{endpoint.id}</h2>
            {endpoint.status === 'active' && (
              <HealthPill health={activity.latest?.health ?? endpoint.health} />
            )}
            {endpoint.status === 'suspended' && <StatusPill status={endpoint.status} />}
            {endpoint.kind === 'read_only' && <span className="pill">Read-only</span>}
            {endpoint.region !== unnamedRegion && <span className="pill">{endpoint.region}</span>}
            {standing !== null && (
              <span className="pill pill-warn">{standing === 'paused' ? 'Paused' : 'Draining'}</span>
            )}
          </div>
          <p className="mono endpoint-host">{endpoint.hosts.pooled}</p>
        </div>
        <div className="page-head-actions">
          <button type="button" className="button button-primary" onClick={() => setOpen('connect')}>
            <Icon name="plug" />
            Connect
          </button>
          {mayWrite && (
            <>
              <button type="button" className="button" onClick={() => setOpen('suspend')}>
                {endpoint.status === 'suspended' ? 'Resume endpoint' : 'Suspend endpoint'}
              </button>
              <button type="button" className="button button-danger" onClick={() => setOpen('delete')}>
                Delete endpoint
              </button>
            </>
          )}
        </div>
        {mayWrite && <OrderMenu endpoint={endpoint} onChanged={onChanged} />}
      </div>
      <LiveTiles activity={activity} budget={endpoint.budget} />
      <LiveCharts activity={activity} />
      <PinList pins={pins} />
      <RoleList endpoint={endpoint} onStale={onStale} />
      <CredentialList endpoint={endpoint} onStale={onStale} />
      <div className="columns">
        <div className="endpoint-facts">
          <div className="card">
            <div className="card-head">
              <h3>Budget</h3>
              {mayWrite && (
                <button
                  type="button"
                  className="button button-small"
                  aria-label="Edit sizing"
                  onClick={() => setOpen('sizing')}
                >
                  Edit
                </button>
              )}
            </div>
            <div className="card-body">
              <BudgetSum sizing={sizing} />
            </div>
          </div>
          <div className="card">
            <div className="card-head">
              <h3>Database</h3>
            </div>
            <dl className="card-body facts">
              <dt>Server</dt>
              <dd className="mono">
                {upstream.host}:{upstream.port}
              </dd>
              <dt>Database</dt>
              <dd className="mono">{upstream.database}</dd>
              <dt>Role</dt>
              <dd className="mono">{upstream.user}</dd>
              <dt>TLS mode</dt>
              <dd>{upstream.tlsMode}</dd>
              <dt>Version</dt>
              <dd>Postgres {upstream.serverVersion}</dd>
              <dt>Memory</dt>
              <dd className="numbers">{memory(sizing.ramBytes)}</dd>
            </dl>
          </div>
          <AllowedAddresses endpoint={endpoint} onChanged={onChanged} />
          <BanList endpointId={endpoint.id} />
        </div>
        <PoolSettings endpoint={endpoint} clients={clients} onChanged={onChanged} />
      </div>
      {open === 'sizing' && <SizingDialog endpoint={endpoint} onClose={close} onChanged={show} />}
      {open === 'connect' && (
        <ConnectDialog tenantName={tenantName} endpoint={endpoint} fresh={fresh} onClose={close} />
      )}
      {open === 'suspend' && <SuspendEndpoint endpoint={endpoint} onClose={close} onChanged={show} />}
      {open === 'delete' && <DeleteEndpoint endpoint={endpoint} onClose={close} onDeleted={onDeleted} />}
    </section>
  );
}
