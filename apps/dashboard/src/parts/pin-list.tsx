// Which server connections stay with one client now: why, by which statement, and for how long.
import type { EndpointPinsReply, PinReply } from '@weir/api-contract';
import type { Latest } from '../api/use-latest.ts';
import { age, count, counted } from '../format.ts';

// More would push the settings off the page; the API has all of them.
const shownMax = 10;

/** A card with the newest pins and the totals, or with why there are none. */
export function PinList({ pins: { latest, problem } }: { pins: Latest<EndpointPinsReply> }) {
  return (
    <section className="card" aria-label="Pinned server connections">
      <div className="card-head">
        <h3>Pinned server connections</h3>
        {problem === null ? <p className="numbers">{totalsOf(latest)}</p> : <p>{problem.title}</p>}
      </div>
      {latest === null || latest.pins.length === 0 ? (
        <div className="card-body quiet">
          <p>
            {latest === null
              ? 'Waiting for the first news.'
              : 'None. Every server connection goes to the next client after its transaction. One stays with its client when that makes a temporary table, takes a session lock, listens or the like.'}
          </p>
        </div>
      ) : (
        <PinTable latest={latest} />
      )}
    </section>
  );
}

function PinTable({ latest }: { latest: EndpointPinsReply }) {
  const shown = latest.pins.slice(0, shownMax);
  const more = latest.pinned - shown.length;
  return (
    <>
      <table className="table pins">
        <caption className="visually-hidden">{counted(latest.pinned, 'pinned server connection')}</caption>
        <thead>
          <tr>
            <th scope="col">Reason</th>
            <th scope="col">Statement</th>
            <th scope="col">Client</th>
            <th scope="col" className="number">
              For
            </th>
            <th scope="col" className="number">
              Silent
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map((pin, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: two pins may agree in all that is told of them.
            <PinRow key={`${pin.processId} ${pin.since} ${index}`} pin={pin} at={latest.at} />
          ))}
        </tbody>
      </table>
      {more > 0 && <p className="list-more">and {count(more)} older</p>}
    </>
  );
}

function PinRow({ pin, at }: { pin: PinReply; at: string }) {
  return (
    <tr>
      <td>{pin.reason}</td>
      <td className="cut mono soft statement" title={pin.statement ?? undefined}>
        {pin.statement ?? '–'}
      </td>
      <td className="cut" title={`role ${pin.role}, database ${pin.database}`}>
        {pin.applicationName ?? pin.role} <span className="soft">on {pin.database}</span>
      </td>
      <td className="number numbers for" data-label="for">
        {age(Date.parse(at) - Date.parse(pin.since))}
      </td>
      <td className="number numbers soft" data-label="silent">
        {pin.idleMs === null ? 'at work' : age(pin.idleMs)}
      </td>
    </tr>
  );
}

function totalsOf(latest: EndpointPinsReply | null): string {
  const totals = Object.entries(latest?.totals ?? {}).sort(([, one], [, other]) => other - one);
  if (totals.length === 0) return '';
  return `since the poolers started: ${totals.map(([reason, total]) => `${count(total)} ${reason}`).join(', ')}`;
}
