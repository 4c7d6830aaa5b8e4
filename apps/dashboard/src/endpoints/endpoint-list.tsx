// The endpoints of a tenant that has several: where each leads, how it is, and which of them is shown.
import type { EndpointReply } from '@weir/api-contract';
import { count, counted } from '../format.ts';
import { HealthPill } from '../parts/health-pill.tsx';
import { StatusPill } from '../parts/status-pill.tsx';
import { hrefOf } from '../router.ts';

interface EndpointListProps {
  readonly endpoints: readonly EndpointReply[];
  /** The one that the page shows. */
  readonly shownId: string;
}

export function EndpointList({ endpoints, shownId }: EndpointListProps) {
  return (
    <section className="card" aria-label="Endpoints">
      <div className="card-head">
        <h2>Endpoints</h2>
      </div>
      <table className="table listed">
        <caption className="visually-hidden">{counted(endpoints.length, 'endpoint')}</caption>
        <thead>
          <tr>
            <th scope="col">Endpoint</th>
            <th scope="col">State</th>
            <th scope="col">Leads to</th>
            <th scope="col" className="number">
              Budget
            </th>
          </tr>
        </thead>
        <tbody>
          {endpoints.map(({ id, tenantId, kind, status, health, upstream, budget }) => (
            <tr key={id} className={id === shownId ? 'row-shown' : undefined}>
              <td>
                <a
                  className="row-link mono"
                  href={hrefOf({ page: 'tenant', tenantId, endpointId: id })}
                  aria-current={id === shownId ? 'true' : undefined}
                >
                  {id}
                </a>
                {kind === 'read_only' && <p className="soft fine">read-only</p>}
              </td>
              <td>
                {status === 'active' && health.state !== 'unknown' ? (
                  <HealthPill health={health} />
                ) : (
                  <StatusPill status={status} />
                )}
              </td>
              <td className="soft mono cut">
                {upstream.host}:{upstream.port}/{upstream.database}
              </td>
              <td className="soft number numbers" data-label="Budget">
                {count(budget)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
