// What the endpoints of the organisation used, by hour, day or month.
import type { UsageItemReply, UsageQuery } from '@weir/api-contract';
import { useCallback, useState } from 'react';
import { usePages } from '../api/use-pages.ts';
import { bytes, count, counted, decimal, period } from '../format.ts';
import { Calm } from '../parts/calm.tsx';
import { SelectField } from '../parts/field.tsx';
import { MoreButton } from '../parts/more-button.tsx';
import { ProblemNotice } from '../parts/problem-notice.tsx';
import { Skeleton } from '../parts/skeleton.tsx';
import { useTitle } from '../parts/use-title.ts';
import { hrefOf } from '../router.ts';
import { useSession } from '../session.tsx';

type By = NonNullable<UsageQuery['by']>;

const dayMs = 86_400_000;
/** How far back each is looked at, in days. */
const spanDays: Readonly<Record<By, number>> = { hour: 1, day: 30, month: 365 };

export function UsagePage() {
  const { api } = useSession();
  const [by, setBy] = useState<By>('hour');
  const pages = usePages(
    useCallback(
      (cursor: string | undefined) => {
        const since = new Date(Date.now() - spanDays[by] * dayMs).toISOString();
        return api.listUsage({ query: { cursor, by, since } });
      },
      [api, by],
    ),
  );
  useTitle('Usage');
  const { load } = pages;
  return (
    <>
      <div className="page-head">
        <div className="page-head-words">
          <h1>Usage</h1>
          <p>What each endpoint used, rolled up by the hour. Times are in UTC.</p>
        </div>
      </div>
      <search className="filters">
        <SelectField label="By" value={by} onChange={(event) => setBy(event.target.value as By)}>
          <option value="hour">hour, of the last day</option>
          <option value="day">day, of the last 30 days</option>
          <option value="month">month, of the last year</option>
        </SelectField>
      </search>
      {load.state === 'loading' && <Skeleton what="usage" lines={[48, 70, 62, 66]} />}
      {load.state === 'failed' && <ProblemNotice problem={load.problem} onRetry={load.reload} />}
      {load.state === 'ready' && load.value.items.length === 0 && (
        <Calm title="Nothing used yet">
          Once clients connect, what they use stands here, by the minute it is rolled up.
        </Calm>
      )}
      {load.state === 'ready' && load.value.items.length > 0 && (
        <div className="card">
          <UsageTable items={load.value.items} by={by} />
          <MoreButton pages={pages} what="periods" />
        </div>
      )}
    </>
  );
}

function UsageTable({ items, by }: { items: readonly UsageItemReply[]; by: By }) {
  return (
    <table className="table usage">
      <caption className="visually-hidden">{counted(items.length, 'period')}</caption>
      <thead>
        <tr>
          <th scope="col">From</th>
          <th scope="col">Endpoint</th>
          <th scope="col" className="number">
            Clients, peak
          </th>
          <th scope="col" className="number">
            mean
          </th>
          <th scope="col" className="number">
            Transactions
          </th>
          <th scope="col" className="number">
            Server hours
          </th>
          <th scope="col" className="number">
            Waited
          </th>
          <th scope="col" className="number">
            Traffic
          </th>
        </tr>
      </thead>
      <tbody>
        {items.map((item) => (
          <tr key={`${item.from} ${item.endpointId}`}>
            <td className="numbers">{period(item.from, by)}</td>
            <td className="mono cut">
              <a
                className="row-link"
                href={hrefOf({ page: 'tenant', tenantId: item.tenantId, endpointId: item.endpointId })}
              >
                {item.endpointId}
              </a>
            </td>
            <td className="number numbers" data-label="Peak">
              {count(item.clientsPeak)}
            </td>
            <td className="number numbers soft" data-label="Mean">
              {decimal(item.clientsMean)}
            </td>
            <td className="number numbers" data-label="Transactions">
              {count(item.transactions)}
            </td>
            <td className="number numbers" data-label="Server hours">
              {decimal(item.serverConnectionSeconds / 3600)}
            </td>
            <td className="number numbers soft" data-label="Waited">
              {decimal(item.waitSeconds)} s
            </td>
            <td className="number numbers soft" data-label="Traffic">
              {bytes(item.bytesReceived + item.bytesSent)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
