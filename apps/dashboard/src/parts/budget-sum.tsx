// The budget of an endpoint as a sum that can be followed: every number that goes in, which one decides, the result.
import { connectionsByRam, type Sizing } from '@weir/tenancy';
import { count, memory } from '../format.ts';

/** The big number, the steps to it and the formula with this endpoint's own numbers. */
export function BudgetSum({ sizing }: { sizing: Sizing }) {
  const byRam = connectionsByRam(sizing.ramBytes, sizing.divisorBytes, Number.MAX_SAFE_INTEGER);
  const byServer =
    sizing.maxConnections === null ? null : sizing.maxConnections - (sizing.reservedConnections ?? 0);
  const least = Math.min(byRam, sizing.cap, byServer ?? Number.POSITIVE_INFINITY);
  const mark = (value: number | null) => (value === least ? 'sum-chosen numbers' : 'numbers');
  return (
    <>
      <p className="sum-result">
        <output className="sum-number numbers" data-testid="budget">
          {count(sizing.budget)}
        </output>
        <span>{sizing.budget === 1 ? 'server connection' : 'server connections'} at most</span>
      </p>
      <dl className="sum-steps">
        <dt>
          Memory allows
          <br />
          {memory(sizing.ramBytes)} ÷ {count(sizing.divisorBytes)} bytes
        </dt>
        <dd className={mark(byRam)}>{count(byRam)}</dd>
        <dt>Cap</dt>
        <dd className={mark(sizing.cap)}>{count(sizing.cap)}</dd>
        <dt>
          Postgres allows
          {byServer !== null && (
            <>
              <br />
              {count(sizing.maxConnections ?? 0)} − {count(sizing.reservedConnections ?? 0)} reserved
            </>
          )}
        </dt>
        <dd className={mark(byServer)}>{byServer === null ? 'not known yet' : count(byServer)}</dd>
        <dt>Kept free for people and monitoring</dt>
        <dd className="numbers">−{count(sizing.reserve)}</dd>
        <dt className="sum-total">Budget</dt>
        <dd className="sum-total numbers">{count(sizing.budget)}</dd>
      </dl>
      <p className="formula">
        min(floor(RAM ÷ {count(sizing.divisorBytes)}), {count(sizing.cap)}, max_connections − reserved) −{' '}
        {count(sizing.reserve)}, at least 1
      </p>
    </>
  );
}
