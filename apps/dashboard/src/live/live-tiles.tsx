// What goes on at an endpoint this second: clients by what they do, and server connections against the budget.
import type { EndpointActivityReply } from '@weir/api-contract';
import type { CSSProperties } from 'react';
import { count, counted } from '../format.ts';
import { transactionsPerSecond } from './rate.ts';
import { Sparkline } from './sparkline.tsx';
import type { Activity } from './use-activity.ts';

// The last minute; the charts below go further back.
const sparkSlots = 60;

const clientTiles = [
  { kind: 'active', label: 'Active', field: 'clientsActive', note: 'using a server' },
  { kind: 'idle', label: 'Idle', field: 'clientsIdle', note: 'connected, at rest' },
  { kind: 'waiting', label: 'Waiting', field: 'clientsWaiting', note: 'for a server' },
] as const;

/** Tiles for one endpoint, with the state of their news above. */
export function LiveTiles({ activity, budget }: { activity: Activity; budget: number }) {
  const { latest, history, problem } = activity;
  return (
    <section aria-label="Live activity">
      <div className="live-head">
        <h3>Clients and server connections</h3>
        <LiveState activity={activity} />
      </div>
      <div className={problem === null ? 'tiles' : 'tiles tiles-stale'}>
        {clientTiles.map(({ kind, label, field, note }) => (
          <div key={kind} className={`tile tile-${kind}`}>
            <p className="tile-label">{label}</p>
            <p className="tile-number numbers" data-testid={`clients-${kind}`}>
              {latest === null ? '–' : count(latest.totals[field])}
            </p>
            <p className="tile-note visually-hidden">clients {note}</p>
            <Sparkline values={history.slice(-sparkSlots).map((at) => at.totals[field])} slots={sparkSlots} />
          </div>
        ))}
        <ServerTile latest={latest} budget={latest?.budget ?? budget} />
      </div>
    </section>
  );
}

function LiveState({ activity: { latest, history, problem } }: { activity: Activity }) {
  if (problem !== null) {
    return (
      <span className="pill pill-bad" role="status">
        {problem.title}
      </span>
    );
  }
  if (latest === null) return <span className="pill">Waiting for the first news</span>;
  // A pooler reports on an endpoint once it has had a client of it.
  if (latest.processes.length === 0) return <span className="pill">Live · no client yet</span>;
  const rate = transactionsPerSecond(history);
  return (
    <span className="pill pill-good numbers">
      Live from {counted(latest.processes.length, 'pooler')}
      {rate !== null && ` · ${count(rate)} transactions/s`}
    </span>
  );
}

function ServerTile({ latest, budget }: { latest: EndpointActivityReply | null; budget: number }) {
  const open = latest?.serversOpen ?? 0;
  const totals = latest?.totals;
  const parts = [
    { kind: 'active', label: 'active', value: totals?.serversActive ?? 0 },
    { kind: 'idle', label: 'idle', value: totals?.serversIdle ?? 0 },
    { kind: 'opening', label: 'opening', value: totals?.serversOpening ?? 0 },
    { kind: 'direct', label: 'direct', value: totals?.serversDirect ?? 0 },
    { kind: 'pinned', label: 'pinned', value: totals?.serversPinned ?? 0 },
  ];
  return (
    <div className="tile tile-servers">
      <p className="tile-label">Server connections of the budget</p>
      <p className="tile-number numbers">
        <span data-testid="servers-open">{latest === null ? '–' : count(open)}</span>{' '}
        <small>of {count(budget)}</small>
      </p>
      {/* biome-ignore lint/a11y/useSemanticElements: <meter> has one bar, and this one shows its parts. */}
      <div
        className="meter"
        role="meter"
        aria-label="Server connections of the budget"
        aria-valuemin={0}
        aria-valuemax={budget}
        aria-valuenow={open}
      >
        {parts.map(({ kind, value }) => (
          <span
            key={kind}
            className={`meter-part meter-${kind}`}
            style={{ width: `${(value / budget) * 100}%` }}
          />
        ))}
      </div>
      <ul className="legend numbers">
        {parts.map(({ kind, label, value }) => (
          <li
            key={kind}
            className={`legend-${kind}`}
            style={{ '--series': `var(--server-${kind})` } as CSSProperties}
          >
            {count(value)} {label}
          </li>
        ))}
      </ul>
    </div>
  );
}
