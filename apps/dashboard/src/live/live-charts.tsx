// The charts of an endpoint: clients, server connections, waits beside executions, transactions, and counts by word.
import type { EndpointActivityReply } from '@weir/api-contract';
import { useMemo } from 'react';
import { count } from '../format.ts';
import { Chart } from './chart.tsx';
import { type Percentiles, seriesOf } from './series.ts';
import type { Activity } from './use-activity.ts';
import { WordBars } from './word-bars.tsx';

const whole = (value: number) => count(Math.round(value));
const rate = (value: number) => (value < 10 ? count(Math.round(value * 10) / 10) : whole(value));

/** Ms with as many digits as mean something. */
function milliseconds(ms: number): string {
  if (ms >= 1000) return `${count(Math.round(ms / 10) / 100)} s`;
  if (ms >= 10) return `${whole(ms)} ms`;
  return `${count(Math.round(ms * 100) / 100)} ms`;
}

export function LiveCharts({ activity: { history, latest } }: { activity: Activity }) {
  const series = useMemo(() => seriesOf(history), [history]);
  const percentiles = ({ p50, p95, p99 }: Percentiles) => [
    { label: 'p50', values: p50, colour: '--series-active' },
    { label: 'p95', values: p95, colour: '--series-pinned' },
    { label: 'p99', values: p99, colour: '--series-waiting' },
  ];
  const { seconds } = series;
  return (
    <section className="charts" aria-label="Charts">
      <Chart
        title="Clients"
        lead="connected now"
        testId="chart-clients"
        seconds={seconds}
        format={whole}
        topMin={4}
        isWhole
        lines={[
          { label: 'active', values: series.clients.active, colour: '--series-active' },
          { label: 'idle', values: series.clients.idle, colour: '--series-idle' },
          { label: 'waiting', values: series.clients.waiting, colour: '--series-waiting' },
        ]}
      />
      <Chart
        title="Server connections"
        lead="of every kind, against the budget"
        testId="chart-servers"
        seconds={seconds}
        format={whole}
        topMin={4}
        isWhole
        lines={[
          { label: 'open', values: series.servers.open, colour: '--series-active' },
          { label: 'budget', values: series.servers.budget, colour: '--series-idle', isLimit: true },
        ]}
      />
      <Chart
        title="Wait for a server"
        lead="of the last 10 s"
        testId="chart-waits"
        seconds={seconds}
        format={milliseconds}
        topMin={1}
        lines={percentiles(series.waits)}
      />
      <Chart
        title="Execution"
        lead="from getting a server to giving it back"
        testId="chart-executions"
        seconds={seconds}
        format={milliseconds}
        topMin={1}
        lines={percentiles(series.executions)}
      />
      <Chart
        title="Throughput"
        lead="for each second"
        testId="chart-transactions"
        seconds={seconds}
        format={rate}
        topMin={4}
        lines={[
          { label: 'transactions', values: series.transactionsPerSecond, colour: '--series-active' },
          { label: 'errors', values: series.errorsPerSecond, colour: '--bad' },
        ]}
      />
      <Counts counted={latest?.counted ?? null} />
    </section>
  );
}

function Counts({ counted }: { counted: EndpointActivityReply['counted'] | null }) {
  return (
    <div className="card chart">
      <div className="card-head">
        <h4>Since the poolers started</h4>
      </div>
      <div className="word-counts">
        <WordBars
          title="Pins by reason"
          none="No session needed a server of its own."
          counts={counted?.pins ?? {}}
        />
        <WordBars
          title="Errors by code"
          none="No client was given an error."
          counts={counted?.errors ?? {}}
          isBad
        />
      </div>
    </div>
  );
}
